/** Says plainly that there was nothing to judge: "nothing would have tripped" would be taken for an answer. */
import type { ReplayCounts } from "@tripline/core";
import { TriplineError } from "@tripline/model";
import { many } from "./report-text.ts";
import type { Unreadable } from "./recorded.ts";

/** Reasons named of what could not be read. */
const MAX_REASONS = 8;
const EXPECTED = "Expected are lines of JSON: what `tripline export` writes, actions alone, or OTLP as the OpenTelemetry Collector's file exporter writes it, with tool calls in it.";

/** @throws TL_INPUT_INVALID where no action of `source` could be judged */
export function requireJudged({ actions, claimed }: Pick<ReplayCounts, "actions" | "claimed">, source: string, fromFiles: boolean, unreadable: Unreadable): void {
  if (actions > claimed) return;
  const reasons = [...unreadable.counts].map(([what, count]) => `${what} ${count}`);
  const named = reasons.slice(0, MAX_REASONS).join(", ") + (reasons.length > MAX_REASONS ? ", …" : "");
  const rejected = reasons.length === 0 ? [] : [`Rejected: ${many(unreadable.total, "record")} (${named}).`];
  const whose = fromFiles ? ": say whose they are with --agent <id>" : "";
  const unowned = claimed === 0 ? [] : [`Of ${many(claimed, "action")} the identity is only claimed, or missing${whose}.`];
  const none = reasons.length === 0 && claimed === 0 ? ["No action is recorded in it."] : [];
  throw new TriplineError("TL_INPUT_INVALID", [`Nothing in ${source} can be judged.`, ...none, ...rejected, ...unowned, ...(fromFiles ? [EXPECTED] : [])].join(" "));
}
