/** The approvers' door and the agents' own view, over real HTTP. */
import type { Approval } from "@tripline/model";
import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { escaped } from "./html.ts";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createGate, type GateModule } from "../gate.ts";
import { AGENT, AGENT_TOKEN, ANN_TOKEN, BOB_TOKEN, OTHER_TOKEN, TENANT, type World, world } from "./approvals.fixture.ts";

let here: World;
let gate: GateModule;
beforeEach(async () => {
  here = await world();
  gate = createGate({ ...here.deps, limits: { approvalPollMs: 5, approversInFlight: 8 } });
  await gate.start();
});
afterEach(async () => {
  await gate.stop();
  await here.close();
});

interface Answer {
  readonly status: number;
  readonly body: { readonly [key: string]: unknown; readonly error?: { readonly code: string; readonly message: string }; readonly approval?: Approval; readonly approvals?: readonly Approval[] };
}

async function ask(token: string | null, path: string, body?: unknown, at = gate.approvalsUrl()!): Promise<Answer> {
  const headers = { ...(token === null ? {} : { authorization: `Bearer ${token}` }), ...(body === undefined ? {} : { "content-type": "application/json" }) };
  const response = await fetch(`${at}${path}`, { method: body === undefined ? "GET" : "POST", headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

interface HeldAnswer {
  readonly decision: string;
  readonly rule: string;
  readonly reasons: readonly string[];
  readonly approval: { readonly id: string; readonly link: string };
}

const CALL = { tool: "graphql", request: { kind: "graphql", url: "https://backboard.railway.com/graphql/v2", document: 'mutation { volumeDelete(volumeId: "vol-1") }', operationName: null, variables: null }, resource: { kind: "volume", id: "vol-1", environment: null } };
const decide = async (over: object = {}, token = AGENT_TOKEN): Promise<HeldAnswer> => (await ask(token, "/v1/decisions", { ...CALL, ...over }, gate.url())).body as unknown as HeldAnswer;

describe("the approvers' door", () => {
  it("takes a human's approval of what the agent was told to wait for, and the agent uses it once", async () => {
    const { approval } = await decide();
    expect((await ask(ANN_TOKEN, "/v1/approvals")).body.approvals).toMatchObject([{ id: approval.id, status: "waiting" }]);
    expect((await ask(ANN_TOKEN, `/v1/approvals/${approval.id}`)).body).toMatchObject({ approval: { agent: AGENT, environment: "production", level: "highest" }, backup: { kind: "unknown" } });
    expect(await ask(ANN_TOKEN, `/v1/approvals/${approval.id}/approve`, { reason: "vol-1 is empty" })).toMatchObject({ status: 409, body: { error: { message: expect.stringContaining("without") as string } } });
    expect(await ask(ANN_TOKEN, `/v1/approvals/${approval.id}/approve`, { reason: "vol-1 is empty", withoutBackup: true })).toMatchObject({ status: 200, body: { approval: { status: "approved", reason: "vol-1 is empty", given: [{ by: "ann", withoutBackup: true }] } } });
    here.clock.nowMs += 1_001;
    expect(await decide({ approvalId: approval.id })).toMatchObject({ decision: "allow" });
    expect(await decide({ approvalId: approval.id })).toMatchObject({ decision: "deny", rule: "approval.refused" });
    expect((await ask(AGENT_TOKEN, `/v1/approvals/${approval.id}`, undefined, gate.url())).body).toMatchObject({ status: "executed", given: 1, answer: null });
  });

  it("has room again once requests were cut off while their bodies came", async () => {
    for (let cut = 0; cut < 8; cut += 1) {
      const asked = request(`${gate.approvalsUrl()!}/v1/bypasses`, { method: "POST", headers: { authorization: `Bearer ${ANN_TOKEN}`, "content-type": "application/json", "content-length": 1_000 } });
      asked.on("error", () => undefined).write("{");
      await sleep(10);
      asked.destroy();
    }
    await vi.waitFor(async () => expect((await ask(ANN_TOKEN, "/v1/approvals")).status).toBe(200));
  });

  it("refuses the agent's own token, says so, counts it and records it once", async () => {
    const { approval } = await decide();
    for (let tries = 0; tries < 3; tries += 1) {
      const refused = await ask(AGENT_TOKEN, `/v1/approvals/${approval.id}/approve`, {});
      expect(refused).toMatchObject({ status: 401, body: { error: { code: "TL_APPROVER_UNAUTHENTICATED", message: expect.stringContaining(`token of agent "${AGENT}", and no agent decides`) as string } } });
    }
    for (const token of [OTHER_TOKEN, "x".repeat(40), null]) expect((await ask(token, `/v1/approvals/${approval.id}/approve`, {})).status).toBe(401);
    expect((await ask(AGENT_TOKEN, "/v1/bypasses", { agent: AGENT, operations: ["x"], environments: ["production"], minutes: 1, reason: "r" })).status).toBe(401);
    expect((await here.records("approvals")).filter(({ by }) => by === AGENT)).toMatchObject([{ id: approval.id, status: "waiting", given: [], reason: expect.stringContaining("its own token") as string }]);
    expect(await here.metrics.render()).toContain('tripline_gate_approver_refused_total{reason="agents-token"} 5');
    expect((await ask(ANN_TOKEN, `/v1/approvals/${approval.id}`)).body).toMatchObject({ approval: { status: "waiting", given: [] } });
  });

  it("shows an agent its own approvals alone, and an approver's token is no agent's", async () => {
    const { approval } = await decide();
    const path = `/v1/approvals/${approval.id}`;
    expect(await ask(AGENT_TOKEN, path, undefined, gate.url())).toMatchObject({ status: 200, body: { status: "waiting", needed: 1, given: 0 } });
    expect(await ask(OTHER_TOKEN, path, undefined, gate.url())).toMatchObject({ status: 404, body: { error: { code: "TL_APPROVAL_UNKNOWN" } } });
    expect((await ask(ANN_TOKEN, path, undefined, gate.url())).status).toBe(401);
    for (const id of ["nothing", "apr-..%2f", "x".repeat(300)]) expect((await ask(AGENT_TOKEN, `/v1/approvals/${id}`, undefined, gate.url())).status).toBeGreaterThanOrEqual(400);
  });

  it("approves several at once, each by itself", async () => {
    const [one, two] = [await decide(), await decide({ task: "another", arguments: { a: 1 } })];
    const { body } = await ask(ANN_TOKEN, "/v1/approvals/approve", { ids: [one.approval.id, "apr-unknown", two.approval.id], reason: "batch", withoutBackup: true });
    expect(body["results"]).toMatchObject([{ approval: { status: "approved" } }, { error: { code: "TL_APPROVAL_UNKNOWN" } }, { approval: { status: "approved" } }]);
    expect((await ask(ANN_TOKEN, "/v1/approvals/approve", { ids: Array.from({ length: 51 }, (_, at) => `a${at}`) })).status).toBe(400);
  });

  it("lets any approver cancel within the undo window, and says why nothing can be given after", async () => {
    const { approval } = await decide();
    await ask(ANN_TOKEN, `/v1/approvals/${approval.id}/approve`, { withoutBackup: true });
    expect((await ask(BOB_TOKEN, `/v1/approvals/${approval.id}/cancel`, { reason: "not today" })).body).toMatchObject({ approval: { status: "cancelled", by: "bob" } });
    expect(await ask(ANN_TOKEN, `/v1/approvals/${approval.id}/approve`, {})).toMatchObject({ status: 409, body: { error: { code: "TL_APPROVAL_REFUSED", message: expect.stringContaining("It is cancelled by bob") as string } } });
    here.clock.nowMs += 2_000;
    expect(await decide({ approvalId: approval.id })).toMatchObject({ decision: "deny", reasons: ["It is cancelled by bob."] });
  });

  it("gives a bypass for a while, on record, but none for what takes away recovery or lies elsewhere", async () => {
    const service = { ...CALL, request: { ...CALL.request, document: 'mutation { serviceDelete(id: "svc-1") }' }, resource: { kind: "service", id: "svc-1", environment: "production" } };
    await here.fact("resources", { v: 1, version: 1, tenant: TENANT, kind: "service", id: "svc-1", environment: "production", protection: "none", atMs: 1 });
    expect(await decide(service)).toMatchObject({ decision: "hold" });
    const bypass = { agent: AGENT, operations: ["railway.*"], environments: ["production"], minutes: 30, reason: "moving services" };
    const given = await ask(ANN_TOKEN, "/v1/bypasses", bypass);
    expect(given).toMatchObject({ status: 200, body: { bypass: { bypass: { by: "ann", reason: "moving services" } } } });
    await expect.poll(async () => ((await ask(ANN_TOKEN, "/v1/bypasses")).body["bypasses"] as unknown[]).length).toBe(1);
    await expect.poll(() => decide(service)).toMatchObject({ decision: "allow" });
    // A volume is still asked for, and an environment that is not the agent's is still refused.
    expect(await decide()).toMatchObject({ decision: "hold" });
    expect(await ask(ANN_TOKEN, "/v1/bypasses", { ...bypass, environments: ["staging"] })).toMatchObject({ status: 409, body: { error: { code: "TL_APPROVAL_REFUSED" } } });
    expect((await ask(ANN_TOKEN, "/v1/bypasses", { ...bypass, minutes: 481 })).status).toBe(400);
    here.clock.nowMs += 30 * 60_000;
    expect(await decide(service)).toMatchObject({ decision: "hold" });
    expect((await here.records("grants")).filter(({ tenant }) => tenant === TENANT)).toMatchObject([{ bypass: { by: "ann" } }]);
  });

  it("ends a bypass before its time", async () => {
    const given = await ask(ANN_TOKEN, "/v1/bypasses", { agent: AGENT, operations: ["railway.serviceDelete"], environments: ["production"], minutes: 30, reason: "moving services" });
    const { id } = given.body["bypass"] as { id: string };
    await expect.poll(async () => (await ask(BOB_TOKEN, `/v1/bypasses/${id}/end`, {})).status).toBe(200);
    await expect.poll(async () => (await ask(ANN_TOKEN, "/v1/bypasses")).body["bypasses"]).toEqual([]);
  });
});

describe("the approvers' page", () => {
  const page = async (link: string) => {
    const response = await fetch(link);
    const text = await response.text();
    const csrf = /name="csrf" value="([^"]+)"/u.exec(text)?.[1] ?? "";
    return { response, text, csrf, cookie: (response.headers.get("set-cookie") ?? "").split(";")[0]! };
  };
  const submit = async (link: string, fields: Record<string, string>, headers: Record<string, string>) => {
    const response = await fetch(link, { method: "POST", headers: { "content-type": "application/x-www-form-urlencoded", ...headers }, body: new URLSearchParams(fields).toString() });
    return { status: response.status, text: await response.text() };
  };
  const status = async (id: string) => (await ask(ANN_TOKEN, `/v1/approvals/${id}`)).body.approval?.status;

  it("shows what is asked, as text whatever the agent wrote, under a policy that runs nothing", async () => {
    const { approval } = await decide({ task: "<script>alert(1)</script>", arguments: { note: "\u202Egnihtemos\u0007 \"><img src=x onerror=alert(1)>" } });
    const { response, text } = await page(approval.link);
    expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'$/u);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(text).toContain("railway.volumeDelete");
    expect(text).toContain("volume vol-1 (production)");
    expect(text).toContain("means of recovery");
    expect(text).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    for (const never of ["<script", "<img", "\u202E", "\u0007"]) expect(text).not.toContain(never);
    expect(text).toContain("Count on none");
    expect(text).toContain('<input type="checkbox" name="without-backup" value="yes"> Run it without a backup.');
  });

  it("spells out what hides, overlays or imitates, and leaves honest text alone", () => {
    expect(escaped("vol\u00a0x a\ufe0fb \u034fc d\u0336e \u3000 \u20dd z\u0301\u0302\u0303\u0304")).toBe("vol[U+00A0]x a[U+FE0F]b [U+034F]c d[U+0336]e [U+3000] [U+20DD] z\u0301\u0302[U+0303][U+0304]");
    expect(escaped("st\u0430ging \u043f\u0440\u043e\u0434")).toBe("st[U+0430]ging \u043f\u0440\u043e\u0434");
    for (const honest of ["caf\u00e9", "na\u0131ve", "\u6771\u4eac", "\u0394 x"]) expect(escaped(honest)).toBe(honest);
  });

  it("shows the end of a long call, and says what it does not show", async () => {
    const document = `# ${"x".repeat(60_000)}\nmutation A { volumeDelete(volumeId: "vol-9") }`;
    const { approval } = await decide({ arguments: { note: "y".repeat(40_000) }, request: { kind: "graphql", url: null, document, operationName: "A", variables: null } });
    const { text } = await page(approval.link);
    expect(text).toContain("vol-9");
    expect(text).toContain("operationName: A");
    expect(text).toContain("Not all of this call is shown.");
    expect(text).toContain("A part of the arguments");
    expect(text).toMatch(/\d+ of the \d+ characters of the request, from its middle/u);
    const plain = await page((await decide()).approval.link);
    expect(plain.text).not.toContain("Not all of this call");
  });

  it("approves only with the approver's token, typed into its own form", async () => {
    const { approval } = await decide();
    const { csrf, cookie } = await page(approval.link);
    const fields = { csrf, order: "approve", reason: "ok", token: ANN_TOKEN };
    // Without the cookie, with another code, from another site, with the agent's token, with none.
    expect((await submit(approval.link, fields, {})).status).toBe(403);
    expect((await submit(approval.link, { ...fields, csrf: "x".repeat(43) }, { cookie })).status).toBe(403);
    expect((await submit(approval.link, fields, { cookie, origin: "https://elsewhere.example" })).status).toBe(403);
    expect((await submit(approval.link, { ...fields, token: AGENT_TOKEN }, { cookie })).text).toContain("no agent decides");
    expect((await submit(approval.link, { ...fields, token: "" }, { cookie })).status).toBe(401);
    expect(await status(approval.id)).toBe("waiting");
    expect((await submit(approval.link, fields, { cookie })).text).toContain("or the box on its page");
    expect(await status(approval.id)).toBe("waiting");
    const done = await submit(approval.link, { ...fields, "without-backup": "yes" }, { cookie, origin: new URL(approval.link).origin });
    expect(done).toMatchObject({ status: 200, text: expect.stringContaining("Your approval is on record.") as string });
    expect(done.text).not.toContain(ANN_TOKEN);
    expect(done.text).toContain("ann (without a backup)");
    expect(await status(approval.id)).toBe("approved");
  });

  it("shows nothing behind the link of an alert but to an approver of that environment, whom it leads on", async () => {
    const { approval } = await decide();
    const link = approval.link.replace(/\?.*/u, "");
    const { response, text, csrf, cookie } = await page(link);
    expect([response.status, text.includes("volumeDelete"), text.includes("vol-1")]).toEqual([200, false, false]);
    // Whether there is such an approval is not told either.
    expect((await page(link.replace(approval.id, "apr-unknown"))).text.replaceAll(/value="[^"]*"/gu, "").replace("apr-unknown", approval.id)).toBe(text.replaceAll(/value="[^"]*"/gu, ""));
    const enter = async (fields: Record<string, string>, headers: Record<string, string>, at = link) => {
      const answer = await fetch(at, { method: "POST", redirect: "manual", headers: { "content-type": "application/x-www-form-urlencoded", ...headers }, body: new URLSearchParams(fields).toString() });
      return { status: answer.status, location: answer.headers.get("location"), text: await answer.text() };
    };
    expect((await enter({ csrf, token: ANN_TOKEN }, {})).status).toBe(403);
    expect(await enter({ csrf, token: AGENT_TOKEN }, { cookie })).toMatchObject({ status: 401, location: null, text: expect.stringContaining("no agent decides") as string });
    const elsewhere = link.replace(approval.id, "apr-unknown");
    expect((await enter({ csrf: (await page(elsewhere)).csrf, token: ANN_TOKEN }, { cookie }, elsewhere)).status).toBe(403);
    const led = await enter({ csrf, token: ANN_TOKEN }, { cookie });
    expect(led.status).toBe(303);
    expect(new URL(led.location!, link).href).toBe(approval.link);
  });

  it("says that a link is forged, and that one is over", async () => {
    const [one, other] = [await decide(), await decide({ arguments: { b: 2 } })];
    const k = new URL(one.approval.link).searchParams.get("k")!;
    for (const link of [one.approval.link.replace(k, `${k.slice(0, -2)}AA`), one.approval.link.replace(/\?.*/u, "?k="), other.approval.link.replace(/k=.*/u, `k=${k}`)]) {
      const { response, text } = await page(link);
      expect([response.status, text.includes("This link is not valid")]).toEqual([403, true]);
      expect(text).not.toContain("volumeDelete");
    }
    here.clock.nowMs += 3_600_001;
    await expect.poll(async () => (await page(one.approval.link)).text).toContain("Nobody approved it in time");
    expect((await page(one.approval.link)).text).not.toContain("<form");
    here.clock.nowMs += 86_400_001;
    await expect.poll(async () => (await page(one.approval.link)).response.status).toBe(410);
    expect((await page(one.approval.link)).text).toContain("This link has expired");
  });
});
