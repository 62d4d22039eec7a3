import { spawn } from "node:child_process";
import { afterEach, describe, expect, it } from "vitest";
import { startRailwayStandIn, type RailwayOptions, type RailwayStandIn } from "./index.ts";

let standIn: RailwayStandIn | undefined;
afterEach(() => standIn?.close());

async function start(options: RailwayOptions = {}) {
  standIn = await startRailwayStandIn(options);
  return standIn;
}

interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string }[];
}

async function ask(url: string, headers: Record<string, string>, query: string, variables: Record<string, unknown> = {}) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify({ query, variables }),
    signal: AbortSignal.timeout(2_000),
  });
  return { status: response.status, retryAfter: response.headers.get("retry-after"), body: (await response.json()) as Answer };
}
const bearer = (at: RailwayStandIn, name: string) => ({ authorization: `Bearer ${at.token(name).secret}` });
const projectHeader = (at: RailwayStandIn, name: string) => ({ "project-access-token": at.token(name).secret });

describe("the Railway stand-in", () => {
  it("takes a volume's backups with the volume, as in the incident", async () => {
    const at = await start();
    const volume = at.state().volumes[0];
    const [volumes, before] = [at.state().volumes.length, at.state().backups.length];
    const { body } = await ask(at.url, bearer(at, "domain-automation"), "mutation($v: String!) { volumeDelete(volumeId: $v) }", { v: volume?.id });
    expect(body.data).toEqual({ volumeDelete: true });
    expect(at.state().volumes).toHaveLength(volumes - 1);
    expect(at.state().backups).toHaveLength(before - 2);
  });

  it("runs every alias of one document, in order", async () => {
    const at = await start();
    const [first, second] = at.state().volumes;
    await ask(at.url, bearer(at, "domain-automation"), `mutation { a: volumeDelete(volumeId: "${first?.id}") b: volumeDelete(volumeId: "${second?.id}") }`);
    expect(at.events().map((event) => [event.operation, event.target, event.result])).toEqual([
      ["volumeDelete", first?.id, "executed"],
      ["volumeDelete", second?.id, "executed"],
    ]);
  });

  it("refuses a project token outside its environment, and answers 200 with the error inside", async () => {
    const at = await start();
    const before = at.state().volumes.length;
    const production = at.state().volumes.find((volume) => volume.name.startsWith("production"));
    const answer = await ask(at.url, projectHeader(at, "staging-agent"), `mutation { volumeDelete(volumeId: "${production?.id}") }`);
    expect(answer.status).toBe(200);
    expect(answer.body.errors?.[0]?.message).toBe("Not Authorized");
    expect(at.state().volumes).toHaveLength(before);
  });

  it("knows a token only in its own header", async () => {
    const at = await start();
    const { secret } = at.token("staging-agent");
    expect((await ask(at.url, { authorization: `Bearer ${secret}` }, "{ projectToken { projectId } }")).body.data).toBeFalsy();
    expect((await ask(at.url, { "project-access-token": secret }, "{ projectToken { projectId } }")).body.data).toBeTruthy();
  });

  it("tells an account token from a workspace token: `me` is for accounts, `apiToken` for both", async () => {
    const at = await start();
    expect((await ask(at.url, bearer(at, "domain-automation"), "{ me { id } }")).body.errors?.[0]?.message).toBe("Not Authorized");
    expect((await ask(at.url, bearer(at, "domain-automation"), "{ apiToken { workspaces { id } } }")).body.data).toBeTruthy();
    expect((await ask(at.url, bearer(at, "tripline-admin"), "{ me { id } apiToken { workspaces { id } } }")).body.data).toBeTruthy();
  });

  it("lets a deleted token work for the revocation lag, then refuses it", async () => {
    const at = await start({ revocationLagMs: 150 });
    const { id } = at.token("domain-automation");
    await ask(at.url, bearer(at, "tripline-admin"), `mutation { apiTokenDelete(id: "${id}") }`);
    const use = () => ask(at.url, bearer(at, "domain-automation"), "{ apiToken { workspaces { id } } }");
    expect((await use()).body.data).toBeTruthy();
    await new Promise((resolve) => setTimeout(resolve, 170));
    expect((await use()).body.errors?.[0]?.message).toBe("Not Authorized");
  });

  it("limits the rate with Retry-After", async () => {
    const at = await start({ rateLimit: { requests: 2, perMs: 60_000 } });
    const statuses = [];
    for (let n = 0; n < 3; n += 1) statuses.push(await ask(at.url, bearer(at, "tripline-admin"), "{ me { id } }"));
    expect(statuses.map((one) => one.status)).toEqual([200, 200, 429]);
    expect(Number(statuses[2]?.retryAfter)).toBeGreaterThan(0);
  });

  it("executes and then never answers when told to", async () => {
    const at = await start();
    const { id } = at.token("domain-automation");
    at.addFault({ kind: "execute-then-hang", operation: "apiTokenDelete" });
    await expect(ask(at.url, bearer(at, "tripline-admin"), `mutation { apiTokenDelete(id: "${id}") }`)).rejects.toThrow(/timeout/i);
    expect(at.token("domain-automation").deletedAtMs).not.toBeNull();
  });

  it("answers success without effect when told to", async () => {
    const at = await start();
    const { id } = at.token("domain-automation");
    at.addFault({ kind: "answer-without-effect", operation: "apiTokenDelete" });
    const { body } = await ask(at.url, bearer(at, "tripline-admin"), `mutation { apiTokenDelete(id: "${id}") }`);
    expect(body.data).toEqual({ apiTokenDelete: true });
    expect(at.token("domain-automation").deletedAtMs).toBeNull();
  });

  it("keeps every secret out of state and journal", async () => {
    const at = await start();
    await ask(at.url, bearer(at, "tripline-admin"), "{ apiTokens { edges { node { id displayToken } } } }");
    const shown = JSON.stringify([at.state(), at.events()]);
    for (const name of ["tripline-admin", "domain-automation", "staging-agent"]) expect(shown).not.toContain(at.token(name).secret);
  });

  it("runs as a process of its own, with a control port", async () => {
    const child = spawn(process.execPath, ["test/stand-ins/railway/main.ts", "--json-state", "--exit-with-parent"], { stdio: ["pipe", "pipe", "inherit"] });
    const line = await new Promise<string>((resolve, reject) => {
      child.once("error", reject).once("exit", () => reject(new Error("ended before it listened")));
      child.stdout.once("data", (chunk: Buffer) => resolve(chunk.toString("utf8")));
    });
    const ready = JSON.parse(line) as { url: string; controlUrl: string; tokens: { name: string; secret: string }[] };
    const found = ready.tokens.find((token) => token.name === "domain-automation");
    await ask(ready.url, { authorization: `Bearer ${found?.secret}` }, "{ apiToken { workspaces { id } } }");
    const journal = (await (await fetch(`${ready.controlUrl}/journal`)).json()) as { operation: string }[];
    expect(journal.map((entry) => entry.operation)).toEqual(["apiToken"]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.stdin.end();
    expect(await ended).toBe(0);
  });
});
