/** Railway's and GitHub's GraphQL operations through both doors: whatever way they are spelt, only what reads and what was approved is carried out. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type RailwayStandIn, startRailwayStandIn } from "../../stand-ins/railway/index.ts";
import { githubStandIn } from "./github.ts";
import { type NamedUpstream, startBefore, startNamed } from "./upstreams.ts";
import { AGENT_TOKEN, type ClientWorld, openClientWorld, type Sent, THEIRS, type Told } from "./world.ts";

const github = githubStandIn();
let railway: RailwayStandIn;
let railwayServer: Omit<NamedUpstream, "reached">;
let githubServer: NamedUpstream;
let world: ClientWorld;

beforeAll(async () => {
  railway = await startRailwayStandIn();
  railwayServer = await startBefore("backboard.railway.com", THEIRS, railway.url);
  githubServer = await startNamed("api.github.com", THEIRS, github.respond);
  world = await openClientWorld([
    { name: "railway", origin: railwayServer.origin, secret: railway.token("domain-automation").secret }, { name: "github", origin: githubServer.origin, secret: "ghp_0123456789abcdefghijABCDEFGHIJ012345" },
  ]);
});
afterAll(async () => {
  await world.close();
  await Promise.all([railwayServer.close(), githubServer.close(), railway.close()]);
});
afterEach(async () => {
  expect(await world.undecided(githubServer.origin, githubServer.reached.splice(0))).toEqual([]);
});

interface Door {
  readonly door: string;
  readonly send: (service: "railway" | "github", requests: readonly Sent[]) => Promise<readonly Told[]>;
}

const DOORS: readonly Door[] = [
  { door: "forward", send: (service, requests) => world.run("fetch", requests.map((one) => ({ ...one, url: `${(service === "github" ? githubServer : railwayServer).origin}${one.url}` })), { NODE_USE_ENV_PROXY: "1" }) },
  { door: "reverse", send: (service, requests) => world.run("fetch", requests.map((one) => ({ ...one, url: `${world.reverseUrl}/u/${service}${one.url}`, headers: { authorization: `Bearer ${AGENT_TOKEN}`, ...one.headers } }))) },
];
const PATHS = { railway: "/graphql/v2", github: "/graphql" } as const;
const posted = (url: string, body: unknown): Sent => ({ url, method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
const got = (url: string, parameters: Readonly<Record<string, string>>): Sent => ({ url: `${url}?${new URLSearchParams(parameters).toString()}` });
const volumes = () => railway.state().volumes.map(({ id }) => id);

/** Ways to say the same deletion. `field`, its argument as a literal and as a variable of that type. */
function spellings(url: string, field: string, literal: string, type: string, argument: string, value: unknown, reads: string): readonly (readonly [string, Sent])[] {
  const [inner = "", selection = ""] = field.split(" ");
  const call = `${inner}(${argument}: ${literal})${selection}`;
  const late = `${inner}(${argument}: $v)${selection}`;
  return [
    ["alias", posted(url, { query: `mutation { harmless: ${call} }` })],
    ["two aliases", posted(url, { query: `mutation { a: ${call} b: ${call} }` })],
    ["fragment", posted(url, { query: `mutation { ...Harmless } fragment Harmless on Mutation { ${call} }` })],
    ["fragment in a fragment", posted(url, { query: `mutation { ...A } fragment A on Mutation { ... on Mutation { ...B } } fragment B on Mutation { viewer: ${call} }` })],
    ["variables", posted(url, { query: `mutation ($v: ${type}) { ${late} }`, variables: { v: value } })],
    ["default of a variable", posted(url, { query: `mutation ($v: ${type} = ${literal}) { ${late} }` })],
    ["one of two operations", posted(url, { query: `query Read { ${reads} } mutation Gone { ${call} }`, operationName: "Gone" })],
    ["operation with the name of a query", posted(url, { query: `mutation query { query: ${call} }` })],
    ["directive", posted(url, { query: `mutation ($yes: Boolean = true) { ${inner}(${argument}: ${literal}) @include(if: $yes)${selection} }` })],
    ["batch", posted(url, [{ query: `{ ${reads} }` }, { query: `mutation { ${call} }` }])],
    ["comments and commas", posted(url, { query: `#query\nmutation#\n{,,,${call},}` })],
    ["escapes of JSON", { ...posted(url, {}), body: JSON.stringify({ query: `mutation { ${call} }` }).replace("mutation", "\\u006dutation").replace(inner, `\\u00${inner.charCodeAt(0).toString(16)}${inner.slice(1)}`) }],
    ["said to be plain text", { ...posted(url, { query: `mutation { ${call} }` }), headers: { "content-type": "text/plain" } }],
    ["GET", got(url, { query: `mutation { ${call} }` })],
    ["GET with variables", got(url, { query: `mutation ($v: ${type}) { ${late} }`, variables: JSON.stringify({ v: value }) })],
    ["address of a POST", { ...posted(url, { query: `{ ${reads} }` }), url: `${url}?${new URLSearchParams({ query: `mutation { ${call} }` }).toString()}` }],
  ];
}

describe.each(DOORS)("through the $door door", ({ send }) => {
  it("Railway's projects are read with the real token", async () => {
    const told = await send("railway", [posted(PATHS.railway, { query: "{ projects { edges { node { id name } } } }" }), posted(PATHS.railway, { query: "query P($first: Int) { all: projects(first: $first) { edges { node { ...N } } } } fragment N on Project { name }", variables: { first: 2 } })]);
    expect(told.map(({ status }) => status)).toEqual([200, 200]);
    for (const { text } of told) expect(text).toContain('"name"');
  });

  it("no volume of Railway's is deleted, however the deletion is spelt", async () => {
    const [id = ""] = volumes();
    const before = volumes();
    const ways = spellings(PATHS.railway, "volumeDelete", JSON.stringify(id), "String!", "volumeId", id, "projects { edges { node { id } } }");
    const told = await send("railway", ways.map(([, sent]) => sent));
    expect(told.map(({ status, text }, at) => [ways[at]![0], status, /"decision":"(?:hold|deny)"/.test(text)])).toEqual(ways.map(([way]) => [way, 403, true]));
    expect(volumes()).toEqual(before);
  });

  it("GitHub is read, and commented on", async () => {
    const told = await send("github", [
      posted(PATHS.github, { query: "query { viewer { login } }" }), got(PATHS.github, { query: "{ viewer { login } }" }), posted(PATHS.github, { query: "query ($n: String!) { repository(owner: \"o\", name: $n) { id name } }", variables: { n: "deleteRef" } }),
      posted(PATHS.github, { query: "mutation ($input: AddCommentInput!) { addComment(input: $input) { clientMutationId } }", variables: { input: { subjectId: "I_1", body: "mutation { deleteRef }" } } }),
    ]);
    expect(told.map(({ status, text }) => [status, text.includes('"errors"')])).toEqual(told.map(() => [200, false]));
    expect(github.effects.splice(0).map(({ field }) => field)).toEqual(["addComment"]);
  });

  it.each([
    ["deleteRef {clientMutationId}", '{refId: "REF_1"}', "DeleteRefInput!", { refId: "REF_1" }], ["deleteIssue {clientMutationId}", '{issueId: "I_1"}', "DeleteIssueInput!", { issueId: "I_1" }],
    ["updateRef {clientMutationId}", '{refId: "REF_1", oid: "00", force: true}', "UpdateRefInput!", { refId: "REF_1", oid: "00", force: true }],
  ])("GitHub's %s is not carried out, however it is spelt", async (field, literal, type, value) => {
    const ways = spellings(PATHS.github, field, literal, type, "input", value, "viewer { login }");
    const told = await send("github", ways.map(([, sent]) => sent));
    expect(told.map(({ status, text }, at) => [ways[at]![0], status, /"decision":"(?:hold|deny)"/.test(text)])).toEqual(ways.map(([way]) => [way, 403, true]));
    expect(github.effects).toEqual([]);
  });

  it("what a human approved is carried out exactly, once", async () => {
    const [, id = ""] = volumes();
    const [told] = await send("railway", [posted(PATHS.railway, { query: "mutation ($v: String!) { gone: volumeDelete(volumeId: $v) }", variables: { v: id } })]);
    const { approval } = JSON.parse(told!.text) as { approval: { id: string } };
    const before = volumes();
    expect(await world.approve(approval.id)).toBe(200);
    for (let tries = 0; tries < 100 && volumes().length === before.length; tries += 1) await sleep(50);
    await sleep(300);
    expect(volumes()).toEqual(before.filter((one) => one !== id));
    expect(railway.events().filter(({ operation, target, result }) => operation === "volumeDelete" && target === id && result === "executed")).toHaveLength(1);
  });
});

describe("the spellings themselves", () => {
  it("are what a server carries out: without the gate nearly all of them delete", async () => {
    const { respond, effects } = githubStandIn();
    const direct = await startNamed("localhost", THEIRS, respond);
    const ways = spellings(PATHS.github, "deleteRef {clientMutationId}", '{refId: "REF_1"}', "DeleteRefInput!", "input", { refId: "REF_1" }, "viewer { login }");
    const carriedOut: string[] = [];
    for (const [way, { url, ...sent }] of ways) {
      const { port } = new URL(direct.origin);
      effects.splice(0);
      await world.run("fetch", [{ ...sent, url: `https://localhost:${port}${url}` }], { NODE_TLS_REJECT_UNAUTHORIZED: "0", HTTPS_PROXY: "", NODE_NO_WARNINGS: "1" });
      if (effects.length > 0) carriedOut.push(way);
    }
    await direct.close();
    expect(carriedOut).toEqual(ways.map(([way]) => way));
  });
});
