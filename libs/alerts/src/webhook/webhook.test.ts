import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, it } from "vitest";
import { SAMPLE_ALERT, runSinkBattery, startReceiver } from "../battery.ts";
import { openSink, type SinkDeps } from "../registry.ts";
import type { AlertSink, JsonValue } from "../sink.ts";
import { MAX_PAYLOAD_BYTES, payloadOf } from "./payload.ts";
import type { WebhookConfig } from "./config.ts";

const OLD = `whsec_${Buffer.from("the-old-secret-of-24-bytes").toString("base64")}`;
const NEW = `whsec_${Buffer.from("the-new-secret-of-24-bytes").toString("base64")}`;
const TIMEOUT_MS = 300;

function open(url: string, overrides: Partial<WebhookConfig> = {}, deps: Partial<SinkDeps> = {}): AlertSink {
  const secrets: Record<string, string> = { OLD, NEW, SHORT: "whsec_c2hvcnQ=" };
  return openSink(
    "soc",
    { kind: "webhook", url, secrets: [{ env: "NEW" }, { env: "OLD" }], timeoutMs: TIMEOUT_MS, allowPrivate: true, ...overrides },
    { readSecret: ({ env }) => secrets[env ?? ""] ?? "", nowMs: () => Date.now(), ...deps },
  );
}

runSinkBattery("webhook", {
  open: (url) => open(`${url}/hooks/secret-path-of-this-receiver`),
  timeoutMs: TIMEOUT_MS,
  secrets: ["secret-path-of-this-receiver", OLD, NEW, OLD.slice(6), NEW.slice(6)],
  final: [400, 410, 413, 415, 422],
});

describe("the webhook sink", () => {
  const signal = () => AbortSignal.timeout(5_000);

  it("is accepted by the reference verifier under the old and the new secret, and by no other", async () => {
    const receiver = await startReceiver();
    await open(receiver.url).send(SAMPLE_ALERT, signal());
    const [received] = receiver.received;
    const headers = received?.headers as Record<string, string>;
    for (const secret of [OLD, NEW]) expect(new Webhook(secret).verify(received?.body ?? "", headers)).toMatchObject({ type: "breaker.tripped" });
    const stranger = `whsec_${Buffer.from("a-secret-that-nobody-uses").toString("base64")}`;
    expect(() => new Webhook(stranger).verify(received?.body ?? "", headers)).toThrow();
    expect(() => new Webhook(NEW).verify(`${received?.body} `, headers)).toThrow();
    await receiver.close();
  });

  it("keeps id and body over retries, and signs each attempt at its own time", async () => {
    const receiver = await startReceiver();
    let nowMs = Date.now() - 60_000;
    const sink = open(receiver.url, {}, { nowMs: () => nowMs });
    await sink.send(SAMPLE_ALERT, signal());
    nowMs += 60_000;
    await sink.send(SAMPLE_ALERT, signal());
    const [first, second] = receiver.received;
    expect(first?.headers["webhook-id"]).toBe(SAMPLE_ALERT.id);
    expect(second?.headers["webhook-id"]).toBe(SAMPLE_ALERT.id);
    expect(second?.body).toBe(first?.body);
    expect(Number(second?.headers["webhook-timestamp"]) - Number(first?.headers["webhook-timestamp"])).toBe(60);
    expect(new Webhook(NEW).verify(second?.body ?? "", second?.headers as Record<string, string>)).toMatchObject({ type: SAMPLE_ALERT.type });
    await receiver.close();
  });

  it("sends nothing more to a receiver that answered 410", async () => {
    const receiver = await startReceiver();
    receiver.answer((response) => void response.writeHead(410).end());
    const sink = open(receiver.url);
    expect(await sink.send(SAMPLE_ALERT, signal())).toMatchObject({ kind: "rejected" });
    expect(await sink.send(SAMPLE_ALERT, signal())).toMatchObject({ kind: "rejected" });
    expect(receiver.received).toHaveLength(1);
    await receiver.close();
  });

  it("stays below 20 kB whatever an alert holds, says what it left out, and yields the same bytes again", () => {
    const json = fc.jsonValue({ maxDepth: 4 }).map((value) => value as JsonValue);
    fc.assert(
      fc.property(json, fc.string({ maxLength: 5_000, unit: "binary" }), fc.integer({ min: 0, max: 400 }), (value, text, count) => {
        const alert = { ...SAMPLE_ALERT, title: text, data: { value, list: Array.from({ length: count }, () => text) } };
        const body = payloadOf(alert);
        expect(Buffer.byteLength(body)).toBeLessThan(MAX_PAYLOAD_BYTES);
        expect(payloadOf(alert)).toBe(body);
        expect(() => JSON.parse(body) as unknown).not.toThrow();
      }),
      { numRuns: 300 },
    );
    const many = payloadOf({ ...SAMPLE_ALERT, data: { list: Array.from({ length: 100 }, (_unused, n) => `item ${n}`) } });
    expect(many).toContain("… 68 more");
  });

  it("spells out what could move a cursor, hide text or turn its direction", () => {
    const hostile = "\u001b[2J\r\nFake: line\u0000 \u202Egnp.exe \u200Bzero \u2028 \u009b31m \ud800 \u{E0041}";
    const body = payloadOf({ ...SAMPLE_ALERT, title: hostile, data: { [hostile]: hostile } });
    expect(JSON.stringify(JSON.parse(body))).not.toMatch(/\\u00|\\r|\\n|\\ud8|[\u0080-\u009f\u200b-\u200f\u2028-\u202e]/);
    expect((JSON.parse(body) as { data: { title: string } }).data.title).toContain("\\u{1b}[2J\\u{d}\\u{a}Fake: line");
  });

  it.each([
    { what: "both a url and a urlEnv", config: { urlEnv: "X" } },
    { what: "a URL with credentials", config: { url: "https://user:pass@soc.example/" } },
    { what: "http without allowPrivate", config: { url: "http://soc.example/", allowPrivate: false } },
    { what: "another scheme", config: { url: "ftp://soc.example/" } },
    { what: "a URL that is none", config: { url: "soc.example" } },
    { what: "a secret that is too short", config: { secrets: [{ env: "SHORT" }] } },
    { what: "an empty secret", config: { secrets: [{ env: "MISSING" }] } },
  ])("refuses $what, naming the sink and not the value", ({ config }) => {
    const opening = () => open("https://soc.example/", config);
    expect(opening).toThrow(/TL_CONFIG_INVALID.*"soc"/);
    expect(opening).not.toThrow(/pass@|c2hvcnQ/);
  });
});
