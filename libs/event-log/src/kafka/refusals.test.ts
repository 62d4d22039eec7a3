import { createMetrics } from "@tripline/runtime";
import { expect, it } from "vitest";
import { createInstruments } from "./instruments.ts";
import { Refusals } from "./refusals.ts";

it("says once that brokers refuse something, once that they do no more, and counts what is refused now", async () => {
  const metrics = createMetrics();
  const told: string[] = [];
  const tell = (level: string) => (fields: object) => void told.push(`${level} ${(fields as { what: string }).what}`);
  const refusals = new Refusals(createInstruments(metrics), { error: tell("error"), warn: tell("warn") });
  refusals.granted("reading actions");
  for (let n = 0; n < 3; n++) refusals.refused("reading actions", "TOPIC_AUTHORIZATION_FAILED");
  refusals.refused("joining judges", "GROUP_AUTHORIZATION_FAILED");
  expect(await metrics.render()).toContain("tripline_event_log_refused_now 2");
  expect(refusals.standing()).toBe("the brokers refuse reading actions (TOPIC_AUTHORIZATION_FAILED), and 1 more");
  for (let n = 0; n < 2; n++) refusals.granted("reading actions");
  expect(told).toEqual(["error reading actions", "error joining judges", "warn reading actions"]);
  expect(await metrics.render()).toContain("tripline_event_log_refused_now 1");
});
