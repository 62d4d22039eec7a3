/** The AWS SDK behind the forward proxy: its own key means nothing, and what arrives is signed with the real one, over exactly what arrived. */
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

  it("writes an object in one piece, and is told to where its client signs piece by piece", async () => {
    const [whole] = await run("s3", { name: "PutObjectCommand", input: { Bucket: "reports", Key: "new/one.txt", Body: "hello", ContentType: "text/plain", Metadata: { by: "an  agent" } } });
    expect(whole).toMatchObject({ status: 200, error: null });
    expect(at("s3").reached[0]?.body).toBe("hello");
  });

  it.each<readonly [Service, string, object]>([
    ["s3", "DeleteBucketCommand", { Bucket: "reports" }],
    ["s3", "DeleteObjectsCommand", { Bucket: "reports", Delete: { Objects: [{ Key: "a" }, { Key: "b" }] } }],
    ["dynamodb", "DeleteTableCommand", { TableName: "orders" }],
    ["rds", "DeleteDBInstanceCommand", { DBInstanceIdentifier: "orders", SkipFinalSnapshot: true }],
  ])("is held at %s %s, and its user reads that and why", async (client, name, input) => {
    const [told] = await run(client, { name, input });
    expect(told).toMatchObject({ status: 403, error: null });
    expect(told?.text).toContain("TL_GATE_HELD");
    expect(at(client).reached).toEqual([]);
  });
});
