/** The AWS SDK behind the forward proxy: its own key means nothing, and what arrives is signed with the real one, over exactly what arrived. */
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type NamedUpstream, type Respond, signatureFault, startNamed } from "./upstreams.ts";
import { AGENT_TOKEN, type ClientWorld, openClientWorld, THEIRS } from "./world.ts";

const REAL = { accessKeyId: "AKIAREALREALREALREAL", secretAccessKey: "rEaL+secret/of/the/account0123456789ABCD" } as const;
/** What the agent's environment holds. */
const KEYLESS = { AWS_ACCESS_KEY_ID: "AKIAPLACEHOLDER00000", AWS_SECRET_ACCESS_KEY: "placeholder-that-signs-nothing-at-all000" };
const SERVICES = ["s3", "dynamodb", "rds"] as const;
type Service = (typeof SERVICES)[number];

/** As the services answer, as far as the SDK reads it. */
const ANSWERS: Readonly<Record<Service, Respond>> = {
  s3: ({ method, target }, response) => {
    if (method === "GET" && target.startsWith("/?")) return void response.setHeader("content-type", "application/xml").end("<ListAllMyBucketsResult><Buckets><Bucket><Name>reports</Name></Bucket></Buckets></ListAllMyBucketsResult>");
    if (method === "GET" && target.includes("list-type=2")) return void response.setHeader("content-type", "application/xml").end("<ListBucketResult><Name>reports</Name><Contents><Key>a</Key></Contents></ListBucketResult>");
    response.end(method === "GET" ? "contents" : undefined);
  },
  dynamodb: (_reached, response) => void response.setHeader("content-type", "application/x-amz-json-1.0").end(JSON.stringify({ TableNames: ["orders"] })),
  rds: (_reached, response) => void response.setHeader("content-type", "text/xml").end("<DescribeDBInstancesResponse><DescribeDBInstancesResult><DBInstances><DBInstance><DBInstanceIdentifier>orders</DBInstanceIdentifier></DBInstance></DBInstances></DescribeDBInstancesResult></DescribeDBInstancesResponse>"),
};

const upstreams = new Map<Service, NamedUpstream>();
const faults: string[] = [];
let world: ClientWorld;

beforeAll(async () => {
  for (const service of SERVICES) {
    const checked: Respond = (reached, response) => {
      const fault = signatureFault(reached, REAL);
      if (fault === null) return ANSWERS[service](reached, response);
      faults.push(`${reached.method} ${reached.target}: ${fault}`);
      response.writeHead(403).end(`<Error><Code>SignatureDoesNotMatch</Code><Message>${fault}</Message></Error>`);
    };
    upstreams.set(service, await startNamed(`${service}.eu-central-1.amazonaws.com`, THEIRS, checked));
  }
  const secret = `${REAL.accessKeyId}:${REAL.secretAccessKey}`;
  world = await openClientWorld([...upstreams].map(([name, { origin }]) => ({ name, origin, secret, inject: { kind: "aws-sigv4", region: null, service: null } })));
});
afterAll(async () => {
  await world.close();
  await Promise.all([...upstreams.values()].map((upstream) => upstream.close()));
});
afterEach(async () => {
  expect(faults.splice(0)).toEqual([]);
  for (const { origin, reached } of upstreams.values()) {
    const all = reached.splice(0);
    expect(await world.undecided(origin, all)).toEqual([]);
    for (const one of all) expect(JSON.stringify(one)).not.toMatch(/PLACEHOLDER|placeholder|lease-token/);
  }
});

const at = (client: Service) => upstreams.get(client)!;
const run = (client: Service, ...commands: readonly { readonly name: string; readonly input: object }[]) =>
  world.run("aws", commands.map((one) => ({ client, endpoint: at(client).origin, ...one })), KEYLESS);
const arrived = (client: Service) => at(client).reached.map(({ method, target }) => `${method} ${target}`);

describe("the AWS SDK through the forward proxy", () => {
  it("reads of S3, DynamoDB and RDS with the real key's signature", async () => {
    const [buckets] = await run("s3", { name: "ListBucketsCommand", input: {} });
    const [tables] = await run("dynamodb", { name: "ListTablesCommand", input: {} });
    const [instances] = await run("rds", { name: "DescribeDBInstancesCommand", input: {} });
    expect([buckets, tables, instances]).toEqual([
      { status: 200, error: null, text: expect.stringContaining('"Name":"reports"') }, { status: 200, error: null, text: expect.stringContaining('"TableNames":["orders"]') },
      { status: 200, error: null, text: expect.stringContaining('"DBInstanceIdentifier":"orders"') },
    ]);
  });

  it("signs names and queries that are spelt in every way S3 allows", async () => {
    const keys = ["plain.txt", "a b+c (1)~'*!.txt", "über/ö&=?#.csv", "per%cent/100%25.txt", "semi;colon,comma:at@$.txt"];
    const told = await run("s3", ...keys.map((Key) => ({ name: "GetObjectCommand", input: { Bucket: "reports", Key } })), { name: "ListObjectsV2Command", input: { Bucket: "reports", Prefix: "a b/ü+&=*~'", Delimiter: "/", StartAfter: "%41" } });
    expect(told.map(({ status, error }) => [status, error])).toEqual(told.map(() => [200, null]));
    expect(arrived("s3")).toHaveLength(keys.length + 1);
  });

  it("writes objects, in one piece and in AWS's own chunks, which arrive in one piece", async () => {
    const [whole] = await run("s3", { name: "PutObjectCommand", input: { Bucket: "reports", Key: "new/one.txt", Body: "hello", ContentType: "text/plain", Metadata: { by: "an  agent" } } });
    expect(whole).toMatchObject({ status: 200, error: null });
    expect(at("s3").reached[0]?.body).toBe("hello");
    const streaming = { name: "PutObjectCommand", input: { Bucket: "reports", Key: "new/two.txt", Body: { streamed: "hello" }, ContentLength: 5 } };
    const [chunked] = await run("s3", streaming);
    const [plain] = await world.run("aws", [{ client: "s3", endpoint: at("s3").origin, ...streaming }], { ...KEYLESS, AWS_REQUEST_CHECKSUM_CALCULATION: "when_required" });
    expect([chunked, plain]).toMatchObject([{ status: 200, error: null }, { status: 200, error: null }]);
    expect(at("s3").reached.map(({ body }) => body)).toEqual(["hello", "hello", "hello"]);
    // The checksum that trailed the chunks is checked by the service all the same.
    expect(at("s3").reached[1]?.headers).toMatchObject({ "x-amz-checksum-crc32": "NhCmhg==", "content-length": "5" });
    expect(at("s3").reached[1]?.headers).not.toHaveProperty("content-encoding");
  });

  it("is served by the reverse door as well, with the agent's token for a key", async () => {
    const keyed = { AWS_ACCESS_KEY_ID: AGENT_TOKEN, AWS_SECRET_ACCESS_KEY: "anything", HTTPS_PROXY: "" };
    const commands = [{ name: "GetObjectCommand", input: { Bucket: "reports", Key: "a b/ü.txt" } }, { name: "DeleteBucketCommand", input: { Bucket: "reports" } }];
    const told = await world.run("aws", commands.map((one) => ({ client: "s3", through: "reverse", endpoint: `${world.reverseUrl}/u/s3`, ...one })), keyed);
    expect(told).toMatchObject([{ status: 200, text: "contents" }, { status: 403, text: expect.stringContaining("TL_GATE_HELD") }]);
    expect(arrived("s3")).toEqual(["GET /reports/a%20b/%C3%BC.txt?x-id=GetObject"]);
  });

  it("executes what a human approved, signed at that moment, once", async () => {
    const [held] = await run("dynamodb", { name: "DeleteTableCommand", input: { TableName: "carts" } });
    const [id = ""] = /\bapr-[0-9a-f-]+/.exec(held?.text ?? "") ?? [];
    expect(await world.approve(id)).toBe(200);
    for (let tries = 0; tries < 100 && at("dynamodb").reached.length === 0; tries += 1) await sleep(50);
    await sleep(700);
    expect(at("dynamodb").reached).toMatchObject([{ method: "POST", body: '{"TableName":"carts"}', headers: { "x-amz-target": "DynamoDB_20120810.DeleteTable" } }]);
  });

  it.each<readonly [Service, string, object]>([
    ["s3", "DeleteBucketCommand", { Bucket: "reports" }],
    ["s3", "DeleteObjectsCommand", { Bucket: "reports", Delete: { Objects: [{ Key: "a" }, { Key: "b" }] } }],
    ["dynamodb", "DeleteTableCommand", { TableName: "orders" }],
    ["rds", "DeleteDBInstanceCommand", { DBInstanceIdentifier: "orders", SkipFinalSnapshot: true }],
  ])("is held at %s %s, and its user reads that and why", async (client, name, input) => {
    const [told] = await run(client, { name, input });
    expect(told).toMatchObject({ status: 403, error: null });
    expect(told?.text).toMatch(/^TL_GATE_HELD: .*approv.*\bapr-/i);
    expect(at(client).reached).toEqual([]);
  });
});

describe("the services of these tests", () => {
  it("take the real key's signature alone", async () => {
    const { port } = new URL(at("s3").origin);
    const direct = (keys: Readonly<Record<string, string>>) =>
      world.run("aws", [{ client: "s3", through: "reverse", endpoint: `https://localhost:${port}`, name: "GetObjectCommand", input: { Bucket: "reports", Key: "a b/ü.txt" } }], { ...keys, HTTPS_PROXY: "", NODE_TLS_REJECT_UNAUTHORIZED: "0" });
    const told = await Promise.all([{ AWS_ACCESS_KEY_ID: REAL.accessKeyId, AWS_SECRET_ACCESS_KEY: REAL.secretAccessKey }, { AWS_ACCESS_KEY_ID: REAL.accessKeyId, AWS_SECRET_ACCESS_KEY: "another" }, KEYLESS].map(direct));
    expect(told.map(([one]) => [one?.status, one?.text.split(":")[0]])).toEqual([[200, "contents"], [403, "SignatureDoesNotMatch"], [403, "SignatureDoesNotMatch"]]);
    expect(faults.splice(0)).toHaveLength(2);
    at("s3").reached.splice(0);
  });
});
