import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { headerIn, startUpstream, type TestUpstream } from "./testing/upstream.ts";
import { credentialFact, openHttpWorld, SECRETS, TOKENS, type World } from "./testing/world.ts";

let upstream: TestUpstream;
let world: World;

beforeEach(async () => {
  upstream = await startUpstream();
  const url = new URL(upstream.url);
  world = await openHttpWorld({
    upstreams: [{ url }, { name: "based", url: new URL("/v1/base", url) }, { name: "prod-only", url, credentials: ["production"] }, { name: "open", url, credentials: [] }, { name: "aws", url, credentials: ["aws"], inject: { kind: "aws-sigv4", region: null, service: null } }, { name: "keyed", url, inject: { kind: "header", header: "x-api-key", format: "{secret}" } }],
  });
});
afterEach(async () => {
  await world.close();
  await upstream.close();
});

const as = (token: string) => ({ authorization: `Bearer ${token}` });
const bodyOf = async (response: Response) => (await response.json()) as { error: { code: string; message: string }; decision: string; rule: string; approval: { id: string } | null };
const everywhere = (one: { headers: readonly string[]; url: string; body: string }): string => [...one.headers, one.url, one.body].join("\n");

describe("a read through the reverse door", () => {
  it("reaches the upstream with the real credential in place of the agent's token", async () => {
    const response = await fetch(`${world.url}/u/api/v1/things?limit=3`, { headers: { ...as(TOKENS.coder), accept: "application/json" } });
    expect([response.status, await response.json()]).toEqual([200, { ok: true }]);
    expect(upstream.reached).toHaveLength(1);
    const { method, url, headers } = upstream.reached[0]!;
    expect([method, url]).toEqual(["GET", "/v1/things?limit=3"]);
    expect(headerIn(headers, "authorization")).toBe(`Bearer ${SECRETS.staging}`);
    expect(headerIn(headers, "host")).toBe(new URL(upstream.url).host);
    expect(everywhere(upstream.reached[0]!)).not.toContain(TOKENS.coder);
  });

  it("is recorded with its decision, and neither token nor secret is in the record", async () => {
    await fetch(`${world.url}/u/api/v1/things`, { headers: { ...as(TOKENS.coder), "x-tripline-call": "call-7", "x-tripline-session": "s-1" } });
    await sleep(50);
    const [record] = await world.records();
    expect(record?.action).toMatchObject({ callId: "call-7", session: "s-1", phase: "decision", decision: { outcome: "allow", by: "gate", rule: "read" }, source: { dialect: "gate-http" } });
    expect(record?.text).not.toContain(SECRETS.staging);
    expect(record?.text).not.toContain(TOKENS.coder);
  });

  it("takes the token from wherever the API's clients put theirs", async () => {
    const ways = [
      { authorization: `Basic ${Buffer.from(`x:${TOKENS.coder}`).toString("base64")}` }, { "x-tripline-token": TOKENS.coder }, { "project-access-token": TOKENS.coder },
      { "x-api-key": TOKENS.coder }, { "private-token": TOKENS.coder }, { "x-custom": `token ${TOKENS.coder}` },
    ];
    for (const headers of ways) expect([headers, (await fetch(`${world.url}/u/api/x`, { headers })).status]).toEqual([headers, 200]);
    for (const one of upstream.reached) {
      expect(everywhere(one)).not.toContain(TOKENS.coder);
      expect(headerIn(one.headers, "authorization")).toBe(`Bearer ${SECRETS.staging}`);
    }
  });

  it("puts the credential where the upstream wants it, and the agent cannot put another there", async () => {
    await fetch(`${world.url}/u/keyed/x`, { headers: { ...as(TOKENS.coder), "x-api-key": "something-of-its-own" } });
    const { headers } = upstream.reached[0]!;
    expect(headers.filter((_, index) => index % 2 === 0 && headers[index]!.toLowerCase() === "x-api-key")).toHaveLength(1);
    expect(headerIn(headers, "x-api-key")).toBe(SECRETS.staging);
    expect(headerIn(headers, "authorization")).toBeUndefined();
  });

  it("joins the base address, and takes the token out of the query", async () => {
    await fetch(`${world.url}/u/based/things?key=${TOKENS.coder}&a=1`, { headers: as(TOKENS.coder) });
    await fetch(`${world.url}/u/based`, { headers: as(TOKENS.coder) });
    expect(upstream.reached.map(({ url }) => url)).toEqual(["/v1/base/things?a=1", "/v1/base"]);
  });

  it("goes without a credential where none is configured, and still without the token", async () => {
    await fetch(`${world.url}/u/open/x`, { headers: as(TOKENS.coder) });
    expect(headerIn(upstream.reached[0]!.headers, "authorization")).toBeUndefined();
  });

  it("never shows the secret where the upstream echoes it, split over parts or not", async () => {
    upstream.answer = (request, response) => {
      response.setHeader("x-echo", request.headers.authorization ?? "");
      response.write(`begin ${request.headers.authorization!.slice(0, 20)}`);
      setTimeout(() => response.end(`${request.headers.authorization!.slice(20)} end ${request.headers.authorization}`), 30);
    };
    const response = await fetch(`${world.url}/u/api/echo`, { headers: as(TOKENS.coder) });
    const text = await response.text();
    expect(text).toMatch(/^begin Bearer \*+ end Bearer \*+$/);
    expect(response.headers.get("x-echo")).not.toContain(SECRETS.staging);
  });

  it("never shows it encoded either, in parts or in a header field", async () => {
    const forms = (text: string): string[] => [Buffer.from(text).toString("base64"), Buffer.from(text).toString("hex"), Array.from(text, (sign) => `%${sign.charCodeAt(0).toString(16)}`).join(""), `\\u00${Buffer.from(text[0]!).toString("hex")}${text.slice(1)}`];
    upstream.answer = (request, response) => {
      const echoed = forms(request.headers.authorization!.slice("Bearer ".length));
      for (const [at, form] of echoed.entries()) response.setHeader(`x-echo-${at}`, form);
      const body = echoed.join(" ");
      response.write(body.slice(0, 30));
      setTimeout(() => response.end(body.slice(30)), 30);
    };
    const response = await fetch(`${world.url}/u/api/echo`, { headers: as(TOKENS.coder) });
    const text = await response.text();
    expect(text).toHaveLength(forms(SECRETS.staging).join(" ").length);
    const given = [text, ...[0, 1, 2, 3].map((at) => response.headers.get(`x-echo-${at}`))].join(" ");
    // Of base64 the last sign may stay, with the padding.
    expect(given).toMatch(/^[* ]+(?:[A-Za-z0-9+/]?={0,2}[* ]+)*$/u);
  });

  it("passes a redirect back and follows none; one within the upstream leads through the gate", async () => {
    upstream.answer = (request, response) => void response.writeHead(302, { location: request.url === "/here" ? "/there?a=1" : "http://169.254.169.254/latest" }).end();
    const here = await fetch(`${world.url}/u/api/here`, { headers: as(TOKENS.coder), redirect: "manual" });
    const away = await fetch(`${world.url}/u/api/away`, { headers: as(TOKENS.coder), redirect: "manual" });
    expect([here.status, here.headers.get("location")]).toEqual([302, "/u/api/there?a=1"]);
    expect([away.status, away.headers.get("location")]).toEqual([302, "http://169.254.169.254/latest"]);
    expect(upstream.reached).toHaveLength(2);
  });

  it("streams: the first part arrives while the upstream still writes", async () => {
    const rest = Promise.withResolvers<void>();
    upstream.answer = (_request, response) => {
      response.write("first");
      void rest.promise.then(() => response.end("last"));
    };
    const response = await fetch(`${world.url}/u/api/stream`, { headers: as(TOKENS.coder) });
    const reader = response.body!.getReader();
    expect(Buffer.from((await reader.read()).value).toString()).toBe("first");
    rest.resolve();
    expect(Buffer.from((await reader.read()).value).toString()).toBe("last");
  });
});

describe("a request that is signed", () => {
  const signature = (key: string) => `AWS4-HMAC-SHA256 Credential=${key}/20261121/eu-central-1/sts/aws4_request, SignedHeaders=host;x-amz-date, Signature=${"0".repeat(64)}`;

  it("is signed anew with the real key, for the region and service of the client's own signature", async () => {
    const sent = { "x-amz-date": "20261121T000000Z", "x-amz-security-token": "made-up", "x-amz-meta": "kept" };
    for (const headers of [{ ...sent, authorization: signature(TOKENS.coder) }, { ...sent, authorization: signature("AKIAMADEUP"), "x-tripline-token": TOKENS.coder }]) {
      expect((await fetch(`${world.url}/u/aws/?Action=GetCallerIdentity&Version=2011-06-15`, { headers })).status).toBe(200);
      const reached = upstream.reached.at(-1)!;
      expect(headerIn(reached.headers, "authorization")).toMatch(/^AWS4-HMAC-SHA256 Credential=AKIAREALREALREAL\/\d{8}\/eu-central-1\/sts\/aws4_request, SignedHeaders=host;x-amz-content-sha256;x-amz-date;x-amz-meta, Signature=[0-9a-f]{64}$/);
      expect(headerIn(reached.headers, "x-amz-date")).not.toBe("20261121T000000Z");
      expect(everywhere(reached)).not.toMatch(/made-up|AKIAMADEUP|realsecret|coder-token/);
    }
  });

  it("is refused where it cannot be signed anew", async () => {
    const headers = { authorization: signature(TOKENS.coder) };
    expect((await fetch(`${world.url}/u/aws/key?X-Amz-Signature=00`, { headers })).status).toBe(400);
    expect((await fetch(`${world.url}/u/aws/key`, { method: "PUT", body: "x", headers: { ...headers, "x-amz-content-sha256": "STREAMING-AWS4-HMAC-SHA256-PAYLOAD" } })).status).toBe(400);
    expect((await fetch(`${world.url}/u/aws/key`, { headers: as(TOKENS.coder) })).status).toBe(400);
    expect(upstream.reached).toEqual([]);
  });
});

describe("the environment of a credential", () => {
  it("is one that the agent works in: a staging agent never gets the production credential", async () => {
    const response = await fetch(`${world.url}/u/prod-only/x`, { headers: as(TOKENS.coder) });
    const body = await bodyOf(response);
    expect([response.status, body.error.code, body.decision, body.rule]).toEqual([403, "TL_GATE_DENIED", "deny", "credential.unfit"]);
    expect(upstream.reached).toHaveLength(0);
    await fetch(`${world.url}/u/prod-only/x`, { headers: as(TOKENS.prod) });
    expect(headerIn(upstream.reached[0]!.headers, "authorization")).toBe(`Bearer ${SECRETS.production}`);
  });

  it("does not help an agent that the credential was not issued to, nor after it was revoked", async () => {
    expect((await fetch(`${world.url}/u/api/x`, { headers: as(TOKENS.other) })).status).toBe(403);
    await world.put("credentials", "acme/staging", credentialFact("staging", ["coder"], { version: 2, status: "revoked" }));
    await sleep(100);
    expect((await fetch(`${world.url}/u/api/x`, { headers: as(TOKENS.coder) })).status).toBe(403);
    expect(upstream.reached).toHaveLength(0);
  });
});

describe("a call that is not allowed", () => {
  it("is held with its approval where it is irreversible, and nothing reaches the upstream", async () => {
    const response = await fetch(`${world.url}/u/api/v1/volumes/7`, { method: "DELETE", headers: as(TOKENS.coder) });
    const body = await bodyOf(response);
    expect([response.status, body.error.code, body.decision, body.approval?.id]).toEqual([403, "TL_GATE_HELD", "hold", "ap-1"]);
    expect(upstream.reached).toHaveLength(0);
    expect(world.held[0]?.call.stored).not.toContain(SECRETS.staging);
    expect(world.held[0]?.call.stored).not.toContain(TOKENS.coder);
  });

  it("is refused without a token, with a wrong one, and for an upstream that nobody configured", async () => {
    expect((await fetch(`${world.url}/u/api/x`)).status).toBe(401);
    expect((await fetch(`${world.url}/u/api/x`, { headers: as("wrong-token-0123456789abcdef") })).status).toBe(401);
    expect((await fetch(`${world.url}/u/nobody/x`, { headers: as(TOKENS.coder) })).status).toBe(400);
    expect(upstream.reached).toHaveLength(0);
  });

  it("is refused with somebody else's credential, which is never passed on", async () => {
    const response = await fetch(`${world.url}/u/api/v1/things`, { method: "POST", body: "{}", headers: { "x-tripline-token": TOKENS.other, authorization: `Bearer ${SECRETS.production}`, "content-type": "application/json" } });
    expect(response.status).toBe(403);
    await fetch(`${world.url}/u/open/v1/things`, { headers: { "x-tripline-token": TOKENS.other, authorization: `Bearer ${SECRETS.production}`, "x-other": SECRETS.production, cookie: "session=abc" } });
    for (const one of upstream.reached) expect(everywhere(one)).not.toMatch(/sk-production|session=abc/);
  });

  it("is ended at once on all of 200 connections, and every next call is refused", async () => {
    upstream.answer = (_request, response) => void response.write("begun");
    const others = await fetch(`${world.url}/u/api/stream`, { headers: as(TOKENS.prod) });
    const open = await Promise.all(Array.from({ length: 200 }, () => fetch(`${world.url}/u/api/stream`, { headers: as(TOKENS.coder) })));
    const ended = open.map((response) => response.text().then(() => "whole", () => performance.now()));
    await sleep(200);
    // From when the gate has read it: what the log takes is not the door's.
    let startMs = Number.NaN;
    world.deps.state.onBreaker(() => (startMs = performance.now()));
    await world.trip("coder");
    const tookMs = (await Promise.all(ended)).map((atMs) => (typeof atMs === "number" ? atMs - startMs : Number.NaN)).toSorted((a, b) => a - b);
    expect(tookMs[Math.floor(tookMs.length * 0.99)]).toBeLessThan(250);
    expect(world.door.open.size).toBe(1);
    const after = await Promise.all(Array.from({ length: 20 }, () => fetch(`${world.url}/u/api/x`, { headers: as(TOKENS.coder) })));
    expect(new Set(after.map(({ status }) => status))).toEqual(new Set([403]));
    await others.body?.cancel();
  });

  it("is ended at once when the breaker opens", async () => {
    upstream.answer = (_request, response) => void response.write("begun");
    const response = await fetch(`${world.url}/u/api/stream`, { headers: as(TOKENS.coder) });
    const reading = response.text().then(() => "whole", () => "cut");
    const startMs = performance.now();
    await world.trip("coder");
    expect(await reading).toBe("cut");
    expect(performance.now() - startMs).toBeLessThan(250);
    const after = await fetch(`${world.url}/u/api/x`, { headers: as(TOKENS.coder) });
    expect([after.status, (await bodyOf(after)).rule]).toEqual([403, "breaker.held"]);
  });
});
