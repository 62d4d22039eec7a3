import { describe, expect, it } from "vitest";
import { MAX_GRAPHQL_BATCH, MAX_GRAPHQL_FIELDS, PARSER_INPUT_CHARS } from "../bounds.ts";
import { classifyGraphqlBody, looksLikeGraphql } from "./body.ts";
import { classifyGraphql } from "./graphql.ts";

const RAILWAY = "https://backboard.railway.com/graphql/v2";
const judge = (document: string, more: { url?: string | null; operationName?: string; variables?: unknown } = {}) =>
  classifyGraphql({
    url: more.url === undefined ? RAILWAY : more.url,
    document,
    operationName: more.operationName ?? null,
    variables: more.variables === undefined ? null : JSON.stringify(more.variables),
  });

/** Every operation of Railway's that the sheet of facts lists as beyond repair. */
const RAILWAY_LOSSES = [
  "volumeDelete", "volumeInstanceBackupDelete", "volumeInstanceBackupRestore", "projectDelete", "environmentDelete", "serviceDelete", "pluginDelete", "pluginReset",
  "bucketCredentialsReset", "workspaceDelete", "userDelete", "variableDelete", "customDomainDelete", "tcpProxyDelete", "deploymentRemove", "projectScheduleDeleteForce", "volumeInstancePITRRestore",
];

describe("classifyGraphql on Railway", () => {
  it.each(RAILWAY_LOSSES)("takes %s for a loss beyond repair", (field) => {
    expect(judge(`mutation { ${field}(id: "x") }`).worst).toMatchObject({ operation: `railway.${field}`, effect: "delete", reversibility: "irreversible" });
  });

  it.each(["apiTokenDelete", "projectTokenDelete"])("takes %s for administration that asks, since a new token can be made but what used the old one stops", (field) => {
    expect(judge(`mutation { ${field}(id: "t1") }`).worst).toMatchObject({ operation: `railway.${field}`, effect: "admin", reversibility: "unknown" });
  });

  it("names the volume of a variable", () => {
    const { worst } = judge("mutation Del($v: String!) { volumeDelete(volumeId: $v) }", { variables: { v: "vol-1" } });
    expect(worst.targets).toEqual([{ kind: "volume", id: "vol-1", environment: null }]);
  });

  it("uses a variable's default where none is sent, and leaves the target out where neither is known", () => {
    expect(judge('mutation($v: String = "vol-2") { volumeDelete(volumeId: $v) }').worst.targets[0]?.id).toBe("vol-2");
    expect(judge("mutation($v: String) { volumeDelete(volumeId: $v) }").worst).toMatchObject({ operation: "railway.volumeDelete", targets: [] });
  });

  it("knows the API behind a loopback tunnel by its path", () => {
    expect(judge("mutation { volumeDelete(volumeId: \"v\") }", { url: "http://127.0.0.1:8080/graphql/v2" }).worst.operation).toBe("railway.volumeDelete");
    expect(judge("mutation { volumeDelete(volumeId: \"v\") }", { url: "https://example.com/graphql/v2" }).worst.operation).toBe("graphql.volumeDelete");
  });

  it("knows a field that one service alone has where no URL is given", () => {
    expect(judge("mutation { volumeDelete(volumeId: \"v\") }", { url: null }).worst.operation).toBe("railway.volumeDelete");
  });

  it("tells a replacing upsert and a detaching update by their arguments", () => {
    expect(judge("mutation { variableCollectionUpsert(input: { replace: true, variables: {} }) }").worst.reversibility).toBe("irreversible");
    expect(judge("mutation($r: Boolean) { variableCollectionUpsert(input: { replace: $r }) }").worst.reversibility).toBe("irreversible");
    expect(judge("mutation { variableCollectionUpsert(input: { variables: {} }) }").worst.effect).toBe("write");
    expect(judge("mutation { volumeInstanceUpdate(input: { serviceId: null }) }").worst.rule).toBe("graphql.railway.volumeInstanceUpdate");
  });
});

/** Documents of a service that no table knows: [document, operation, effect, reversibility]. */
const SHAPES: readonly (readonly [string, string, string, string])[] = [
  ["{ me { id } }", "graphql.me", "read", "reversible"],
  ["query deleteEverything { me { id } }", "graphql.me", "read", "reversible"],
  ["subscription { deleted { id } }", "graphql.deleted", "read", "reversible"],
  ["mutation { harmless: deleteUser(id: 1) }", "graphql.deleteUser", "delete", "irreversible"],
  ["mutation { deleteUser: updateUser(id: 1) }", "graphql.updateUser", "write", "unknown"],
  ["mutation { ...F } fragment F on Mutation { purgeAll }", "graphql.purgeAll", "delete", "irreversible"],
  ["mutation { ... on Mutation { wipeDisk } }", "graphql.wipeDisk", "delete", "irreversible"],
  ["mutation { ...A } fragment A on M { ...B } fragment B on M { dropIndex }", "graphql.dropIndex", "delete", "irreversible"],
  ["mutation { ok: createUser(id: 1) x: removeUser(id: 1) }", "graphql.removeUser", "delete", "irreversible"],
  ["mutation { createUser(name: \"delete\") }", "graphql.createUser", "create", "recoverable"],
  ["mutation { setDeletedAt(id: 1) }", "graphql.setDeletedAt", "write", "unknown"],
  ["mutation { frobnicate }", "graphql.frobnicate", "write", "unknown"],
  ["mutation { grantRole(id: 1) }", "graphql.grantRole", "admin", "recoverable"],
  ["mutation { publishPost(id: 1) }", "graphql.publishPost", "publish", "unknown"],
  ["mutation { getOrCreateUser }", "graphql.getOrCreateUser", "create", "recoverable"],
  ["mutation { databaseReset }", "graphql.databaseReset", "delete", "irreversible"],
  ["mutation { deleteUser(id: 1) @skip(if: true) }", "graphql.deleteUser", "delete", "irreversible"],
];

describe("classifyGraphql on any service", () => {
  it.each(SHAPES)("%s", (document, operation, effect, reversibility) => {
    const { worst } = judge(document, { url: "https://api.example.com/graphql" });
    expect({ operation: worst.operation, effect: worst.effect, reversibility: worst.reversibility }).toEqual({ operation, effect, reversibility });
  });

  it("judges the named operation alone, and all where the name fits none", () => {
    const document = "query Safe { me } mutation Bad { deleteUser(id: 1) }";
    expect(judge(document, { operationName: "Safe" }).worst.effect).toBe("read");
    expect(judge(document, { operationName: "Bad" }).worst.effect).toBe("delete");
    expect(judge(document, { operationName: "Other" }).worst.effect).toBe("delete");
    expect(judge(document).worst.effect).toBe("delete");
  });

  it.each(["mutation {", "drop table users", "", "mutation { ...Gone }", "mutation { ...A } fragment A on M { ...A }"])("takes %j for unknown", (document) => {
    const { parse, worst } = judge(document);
    expect(parse).not.toBe("parsed");
    expect(worst.reversibility).toBe("unknown");
  });

  it("finds targets in nested input, and the environment that an argument names", () => {
    const { worst } = judge('mutation { deleteService(input: { serviceId: "s1", environmentName: "production" }) }');
    expect(worst.targets).toContainEqual({ kind: "service", id: "s1", environment: "production" });
  });

  it("stops at the bound of fields, where fragments would multiply", () => {
    const fields = (count: number) => `mutation { ${Array.from({ length: count }, (_, at) => `a${at}: create`).join(" ")} }`;
    expect(judge(fields(MAX_GRAPHQL_FIELDS)).verdicts.some(({ rule }) => rule === "graphql.too-many-fields")).toBe(false);
    expect(judge(fields(MAX_GRAPHQL_FIELDS + 1)).verdicts.some(({ rule }) => rule === "graphql.too-many-fields")).toBe(true);
    const doubling = Array.from({ length: 24 }, (_, at) => `fragment F${at} on M { ...F${at + 1} ...F${at + 1} }`).join(" ");
    const { parse, worst } = judge(`mutation { ...F0 } ${doubling} fragment F24 on M { ok }`);
    expect({ parse, reversibility: worst.reversibility }).toEqual({ parse: "partial", reversibility: "unknown" });
  });

  it("takes a document past the bound of length for unknown", () => {
    const document = `mutation { volumeDelete(id: "x") }`.padEnd(PARSER_INPUT_CHARS);
    expect(judge(document).worst.operation).toBe("railway.volumeDelete");
    expect(judge(`${document} `)).toMatchObject({ parse: "unparsable", worst: { rule: "graphql.too-long" } });
  });
});

describe("mutations of services that are known, or of any", () => {
  const at = (host: string) => (document: string, variables?: unknown) => judge(document, { url: `https://${host}/graphql`, variables }).worst;
  const [github, linear, other] = [at("api.github.com"), at("api.linear.app"), at("api.example.com")];

  it("GitHub: forcing a branch is a loss, marks and states are none, and what takes anything away asks", () => {
    expect(github('mutation { updateRef(input: { refId: "r", oid: "o", force: true }) { ok } }').reversibility).toBe("irreversible");
    expect(github('mutation { updateRef(input: { refId: "r", oid: "o", force: false }) { ok } }').reversibility).toBe("unknown");
    expect(github("mutation($i: UpdateRefInput!) { updateRef(input: $i) { ok } }").reversibility).toBe("irreversible");
    expect(github("mutation($i: UpdateRefInput!) { updateRef(input: $i) { ok } }", { i: { refId: "r" } }).reversibility).toBe("unknown");
    expect(github('mutation { updateRefs(input: { refUpdates: [{ name: "a", force: true }] }) { ok } }').reversibility).toBe("irreversible");
    expect(github('mutation { updateRefs(input: { refUpdates: [{ name: "a" }] }) { ok } }').reversibility).toBe("unknown");
    expect(github('mutation { closeIssue(input: { issueId: "i" }) { ok } }').reversibility).toBe("recoverable");
    expect(github('mutation { removeStar(input: { starrableId: "i" }) { ok } }').reversibility).toBe("unknown");
    expect(github('mutation { deleteIssue(input: { issueId: "i" }) { ok } }').reversibility).toBe("irreversible");
  });

  it("Linear: what goes to the trash asks, what goes past it is a loss", () => {
    expect(linear('mutation { issueDelete(id: "i") { ok } }')).toMatchObject({ operation: "linear.issueDelete", reversibility: "unknown" });
    expect(linear('mutation { issueDelete(id: "i", permanentlyDelete: true) { ok } }').reversibility).toBe("irreversible");
    expect(linear('mutation { issueArchive(id: "i") { ok } }').reversibility).toBe("recoverable");
    expect(linear('mutation { teamDelete(id: "i") { ok } }').reversibility).toBe("irreversible");
  });

  it("others: an empty condition reaches everything", () => {
    expect(other("mutation { update_users(where: {}, _set: { active: false }) { ok } }")).toMatchObject({ rule: "graphql.unconditional", reversibility: "irreversible", blast: { extent: "all" } });
    expect(other("mutation { update_users(where: { id: { _eq: 1 } }, _set: { active: false }) { ok } }").reversibility).toBe("unknown");
    expect(other("mutation { create_users(filter: {}) { ok } }").reversibility).toBe("recoverable");
  });

  it("others: counts what a list names", () => {
    expect(other('mutation { deleteVolumes(ids: ["a", "b", "c"]) { ok } }').blast).toMatchObject({ count: 3 });
    expect(other('mutation { deleteVolume(id: "a") { ok } }').blast).toBeUndefined();
  });

  it("others: taking a protection away is told by name or by argument", () => {
    expect(other('mutation { updateDatabase(input: { id: "d", deletionProtection: false }) { ok } }')).toMatchObject({ rule: "protection.deletion", reversibility: "irreversible", effect: "admin" });
    expect(other('mutation { updateDatabase(input: { id: "d", deletionProtection: true }) { ok } }').rule).toBe("graphql.verb.update");
    expect(other('mutation { createDatabase(input: { deletionProtection: false }) { ok } }').rule).toBe("graphql.verb.create");
    expect(other('mutation { disableBackups(id: "d") { ok } }').rule).toBe("protection.backup");
    expect(github('mutation { updateBranchProtectionRule(input: { allowsForcePushes: true }) { ok } }')).toMatchObject({ rule: "protection.code", reversibility: "unknown" });
  });
});

describe("classifyGraphqlBody", () => {
  const body = (value: unknown) => classifyGraphqlBody(RAILWAY, JSON.stringify(value));

  it("judges every member of a batch", () => {
    const { worst, verdicts } = body([{ query: "{ me }" }, { query: "mutation { volumeDelete(volumeId: \"v\") }" }]);
    expect(worst.operation).toBe("railway.volumeDelete");
    expect(verdicts).toHaveLength(2);
  });

  it("takes a batch past the bound for unknown", () => {
    const batch = (count: number) => Array.from({ length: count }, () => ({ query: "{ me }" }));
    expect(body(batch(MAX_GRAPHQL_BATCH)).worst.effect).toBe("read");
    expect(body(batch(MAX_GRAPHQL_BATCH + 1)).worst.rule).toBe("graphql.batch-too-long");
  });

  it("takes a persisted query of which only the hash is sent for unknown", () => {
    expect(body({ extensions: { persistedQuery: { version: 1, sha256Hash: "ab" } } }).worst).toMatchObject({ rule: "graphql.hash-only", reversibility: "unknown" });
    expect(body({ id: "stored-1" }).worst.rule).toBe("graphql.hash-only");
  });

  it("reads forms, with the variables and files that they carry", () => {
    const form = new URLSearchParams({ query: "mutation($v: String!) { volumeDelete(volumeId: $v) }", variables: '{"v":"vol-1"}' }).toString();
    expect(classifyGraphqlBody(RAILWAY, form).worst).toMatchObject({ operation: "railway.volumeDelete", targets: [{ id: "vol-1" }] });
    expect(classifyGraphqlBody(RAILWAY, "query=mutation { projectDelete(id: 1) }").worst.operation).toBe("railway.projectDelete");
    const operations = '{"query":"mutation { fileDelete(id: 1) }"}';
    expect(classifyGraphqlBody("https://x.dev/graphql", `operations=${encodeURIComponent(operations)}&map={}`).worst.operation).toBe("graphql.fileDelete");
    const parts = `--b\r\nContent-Disposition: form-data; name="operations"\r\n\r\n${operations}\r\n--b--`;
    expect(classifyGraphqlBody("https://x.dev/graphql", parts).worst.operation).toBe("graphql.fileDelete");
    expect(classifyGraphqlBody("https://x.dev/graphql", "operations=garbage").worst.rule).toBe("graphql.hash-only");
    expect(classifyGraphqlBody("https://x.dev/graphql", "query={me}").worst.effect).toBe("read");
  });

  it("reads a bare document", () => {
    expect(classifyGraphqlBody(RAILWAY, "mutation { volumeDelete(volumeId: \"v\") }").worst.operation).toBe("railway.volumeDelete");
  });

  it.each([
    ["https://x.dev/graphql", null, true],
    ["https://x.dev/api", '{"query":"\\n mutation { a }"}', true],
    ["https://x.dev/search", '{"query":"delete the user"}', false],
    ["https://x.dev/api", null, false],
    ["https://x.dev/api", "query=mutation+%7B+a+%7D", true],
    ["https://x.dev/api", "variables={}&query=%7Bme%7D", true],
    ["https://x.dev/search", "query=delete+the+user", false],
  ])("tells GraphQL at %s with %s: %s", (url, text, expected) => {
    expect(looksLikeGraphql(url, text)).toBe(expected);
  });
});
