/** What keeps a log from being opened, said so that an operator can mend it; the rest is in the tests of the servers. */
import { afterEach, expect, it, vi } from "vitest";
import { KAFKA_LIMITS } from "./options.ts";
import { planTopics, prepareTopics } from "./topics.ts";

afterEach(() => vi.restoreAllMocks());

it.each([
  ["a port that nobody listens on", "127.0.0.1:1", /: ECONNREFUSED at 127\.0\.0\.1:1\./u],
  ["a host that there is not", "no-such-broker.invalid:9092", /: (ENOTFOUND|EAI_AGAIN) at no-such-broker\.invalid:9092\./u],
])("names %s when the time for opening is over", async (_, broker, said) => {
  const now = performance.now.bind(performance);
  let asked = 0;
  // As if the first attempt took as long as all may.
  vi.spyOn(performance, "now").mockImplementation(() => now() + (asked++ === 0 ? 0 : KAFKA_LIMITS.answerMs + 1_000));
  const refusal = await prepareTopics({ kind: "kafka", brokers: [broker], clientId: "test" }, planTopics("test.", 2, 1)).catch((error: unknown) => error);
  expect(refusal).toMatchObject({ code: "TL_LOG_UNAVAILABLE" });
  expect(String(refusal)).toMatch(said);
}, 30_000);
