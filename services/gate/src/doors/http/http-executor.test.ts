import { boundDigest } from "@tripline/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { GateCall } from "../../call.ts";
import { makeAuthority, openAuthority } from "./authority.ts";
import { headerIn, startUpstream, type TestUpstream } from "./testing/upstream.ts";
import { credentialFact, openHttpWorld, SECRETS, TOKENS, type World } from "./testing/world.ts";
import { setTimeout as sleep } from "node:timers/promises";

const CALLER = { tenant: "acme", agent: "coder", leaseId: null };
let upstream: TestUpstream;
let world: World;
let addresses = ["127.0.0.1"];

beforeEach(async () => {
  addresses = ["127.0.0.1"];
  upstream = await startUpstream();
  world = await openHttpWorld({ upstreams: [{ url: new URL(`http://api.example.org:${new URL(upstream.url).port}/base`) }], resolve: async () => addresses, limits: { resolveAgainMs: 0, upstreamConnectMs: 500, executedBytes: 64 } });
});
afterEach(async () => {
  await world.close();
  await upstream.close();
});

/** A call that is held, as the gate keeps it. */
async function hold(): Promise<GateCall> {
  await fetch(`${world.url}/u/api/volumes/7?force=1`, { method: "DELETE", headers: { authorization: `Bearer ${TOKENS.coder}`, "content-type": "application/json", "x-reason": "clean up" }, body: '{"really":true}' });
  expect(upstream.reached).toEqual([]);
  return world.held.at(-1)!.call;
}

async function recall(call: GateCall): Promise<GateCall> {
  const recalled = await world.door.executor.recall(CALLER, call.callId, call.stored!);
  if (recalled.kind !== "recalled") throw new Error(recalled.reason);
  return recalled.call;
}

const execute = (call: GateCall, signal = new AbortController().signal) => world.door.executor.execute(call, signal);

describe("a kept call", () => {
  it("is recalled as the same call where nothing has changed", async () => {
    const held = await hold();
    const { payload, target, injected, request, callId, tool, stored } = await recall(held);
    expect({ payload, target, injected, request, callId, tool, stored }).toEqual({ payload: held.payload, target: held.target, injected: held.injected, request: held.request, callId: held.callId, tool: held.tool, stored: held.stored });
  });

  it("is executed once, byte for byte, with the credential of now", async () => {
    const held = await hold();
    expect(await execute(await recall(held))).toMatchObject({ kind: "answered", status: 200, contentType: "application/json", body: '{"ok":true}', truncated: false });
    expect(upstream.reached).toHaveLength(1);
    const [{ method, url, headers, body }] = upstream.reached as [TestUpstream["reached"][number]];
    expect([method, url, body]).toEqual(["DELETE", "/base/volumes/7?force=1", '{"really":true}']);
    expect([headerIn(headers, "authorization"), headerIn(headers, "x-reason")]).toEqual([`Bearer ${SECRETS.staging}`, "clean up"]);
  });

  it("holds neither the token nor the secret while it waits", async () => {
    const { stored } = await hold();
    expect(stored).not.toContain(TOKENS.coder);
    expect(stored).not.toContain(SECRETS.staging);
  });

  it("is another one where addresses or credential are others now", async () => {
    const held = await hold();
    addresses = ["127.0.0.2"];
    expect((await recall(held)).target).not.toEqual(held.target);
    addresses = ["127.0.0.1"];
    await world.put("credentials", "acme/staging", credentialFact("staging", ["coder"], { version: 2 }));
    await sleep(100);
    expect((await recall(held)).injected).not.toEqual(held.injected);
  });

  it("stays the same call while its upstream's addresses rotate within the configured ranges, and is executed over verified TLS alone", async () => {
    const authority = makeAuthority(Date.now(), "Their authority");
    const issued = (host: string) => openAuthority(authority, () => Date.now()).issueFor(host);
    const [{ certificate: cert, key }, other] = [issued("rotating.example.org"), issued("other.example.org")];
    const theirs = await startUpstream({ cert, key });
    const posing = await startUpstream({ cert: other.certificate, key: other.key });
    let found = ["127.0.0.1"];
    const open = (port: string) => openHttpWorld({ upstreams: [{ url: new URL(`https://rotating.example.org:${port}`), ca: authority.certificate, addresses: ["127.0.0.0/30"] }], resolve: async () => found, limits: { resolveAgainMs: 0 } });
    const rotating = await open(new URL(theirs.url).port);
    const impostor = await open(new URL(posing.url).port);
    try {
      const held = async (of: World): Promise<GateCall> => {
        await fetch(`${of.url}/u/api/volumes/7`, { method: "DELETE", headers: { authorization: `Bearer ${TOKENS.coder}` } });
        return of.held.at(-1)!.call;
      };
      const first = await held(rotating);
      const { digest, bound } = rotating.held.at(-1)!;
      expect(bound.target?.addresses).toEqual(["127.0.0.0/30"]);
      found = ["127.0.0.2", "127.0.0.1"];
      const again = await rotating.door.executor.recall(CALLER, first.callId, first.stored!);
      if (again.kind !== "recalled") throw new Error(again.reason);
      expect(boundDigest({ ...bound, target: { origin: again.call.target!.origin, addresses: again.call.target!.within! } })).toEqual({ kind: "digest", digest });
      found = ["127.0.0.1"];
      expect(await rotating.door.executor.execute(again.call, new AbortController().signal)).toMatchObject({ kind: "answered", status: 200 });
      // Outside of the ranges it is gone, whatever certificate waits there; and within them nothing is sent without the right one.
      for (const others of [["127.0.0.4"], ["127.0.0.1", "127.0.0.4"], ["93.184.216.34"], ["169.254.169.254"]]) {
        found = others;
        expect((await rotating.door.executor.recall(CALLER, first.callId, first.stored!)).kind).toBe("gone");
        expect((await rotating.door.executor.execute({ ...again.call, target: { ...again.call.target!, addresses: others } }, new AbortController().signal)).kind).toBe("not-sent");
      }
      expect(theirs.reached).toHaveLength(1);
      found = ["127.0.0.1"];
      const taken = await held(impostor);
      expect((await impostor.door.executor.execute(taken, new AbortController().signal)).kind).toBe("not-sent");
      expect(posing.reached).toEqual([]);
    } finally {
      await Promise.all([rotating.close(), impostor.close()]);
      await Promise.all([theirs.close(), posing.close()]);
    }
  });

  it("is gone where its upstream leads nowhere, its credential was revoked or its text is not the gate's", async () => {
    const { stored, callId } = await hold();
    const recalled = (text: string) => world.door.executor.recall(CALLER, callId, text);
    addresses = ["169.254.169.254"];
    expect((await recalled(stored!)).kind).toBe("gone");
    addresses = ["127.0.0.1"];
    for (const text of ["", "{}", stored!.replace('"upstream":"api"', '"upstream":"other"'), stored!.replace("/base/volumes", "//evil.example.org/volumes"), stored!.replace('"target":"/base', '"target":"http://evil.example.org/base'), stored!.replace("/base/volumes/7", "/base/x/../volumes/7")]) {
      expect([text, (await recalled(text)).kind]).toEqual([text, "gone"]);
    }
    await world.put("credentials", "acme/staging", credentialFact("staging", ["coder"], { version: 2, status: "revoked" }));
    await sleep(100);
    expect((await recalled(stored!)).kind).toBe("gone");
    expect(upstream.reached).toEqual([]);
  });
});

describe("what came of an execution", () => {
  it("is a bounded answer without the secret", async () => {
    upstream.answer = (request, response) => void response.end(`${request.headers.authorization} ${"x".repeat(1_000)}`);
    const executed = await execute(await recall(await hold()));
    expect(executed).toMatchObject({ kind: "answered", truncated: true });
    expect(executed.kind === "answered" && executed.body.length).toBe(64);
    expect(JSON.stringify(executed)).not.toContain(SECRETS.staging);
  });

  it("is that nothing was sent where no connection came about", async () => {
    const call = await recall(await hold());
    await upstream.close();
    expect((await execute(call)).kind).toBe("not-sent");
    expect((await execute({ ...call, target: { origin: call.target!.origin, addresses: ["169.254.169.254"] } })).kind).toBe("not-sent");
    expect((await execute({ ...call, target: { origin: "http://evil.example.org", addresses: ["127.0.0.1"] } })).kind).toBe("not-sent");
    expect((await execute({ ...call, stored: null })).kind).toBe("not-sent");
    const aborted = new AbortController();
    aborted.abort();
    expect((await execute(call, aborted.signal)).kind).toBe("not-sent");
    upstream = await startUpstream();
  });

  it("is unclear where the connection ends before the answer, and it is not sent again", async () => {
    upstream.answer = (request) => void request.socket.destroy();
    expect((await execute(await recall(await hold()))).kind).toBe("unclear");
    expect(upstream.reached).toHaveLength(1);
  });

  it("is unclear where it was stopped after it had been sent", async () => {
    const stop = new AbortController();
    upstream.answer = () => stop.abort();
    expect((await execute(await recall(await hold()), stop.signal)).kind).toBe("unclear");
  });
});
