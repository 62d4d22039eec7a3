import { request } from "undici";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { headerIn, startUpstream, type TestUpstream } from "./testing/upstream.ts";
import { openHttpWorld, TOKENS, type World } from "./testing/world.ts";

let upstream: TestUpstream;
let world: World;

const HOSTS = { api: "api.example.com", s3: "s3.amazonaws.com", ec2: "ec2.us-east-1.api.aws", google: "compute.googleapis.com" };

beforeAll(async () => {
  upstream = await startUpstream();
  const { port } = new URL(upstream.url);
  world = await openHttpWorld({ upstreams: Object.entries(HOSTS).map(([name, host]) => ({ name, url: new URL(`http://${host}:${port}`) })), resolve: async () => ["127.0.0.1"] });
});
afterAll(async () => {
  await world.close();
  await upstream.close();
});
beforeEach(() => void upstream.reached.splice(0));

const json = { "content-type": "application/json" };

async function send(line: string, headers: Readonly<Record<string, string>> = {}, body: string | null = null): Promise<number> {
  const [method, path] = line.split(" ");
  const answer = await request(`${world.url}/u${path!}`, { method: method as "POST", headers: { ...headers, authorization: `Bearer ${TOKENS.prod}` }, body });
  await answer.body.dump();
  return answer.statusCode;
}

const field = (name: string, value: string): string => `--b\r\nContent-Disposition: form-data; name=${name}\r\n\r\n${value}\r\n--b--\r\n`;
const form = { "content-type": "multipart/form-data; boundary=b" };

describe("a call in production that passes itself off as a read", () => {
  const cases: readonly [name: string, line: string, headers?: Readonly<Record<string, string>>, body?: string][] = [
    ["by a GraphQL query in the body", "POST /api/v1/volumes/v1/delete", json, '{"query":"{ me { id } }"}'],
    ["by a batch of reads in the body", "POST /api/v1/volumes/v1/delete", json, '{"requests":[{"method":"GET","url":"/x"}]}'],
    ["by a select in the body", "POST /google/compute/v1/projects/p/zones/z/instances/i/stop", json, '{"sql":"select 1"}'],
    ["by a select in the address", "PUT /google/storage/v1/b/x/iam?sql=select+1", json, "{}"],
    ["by the name of an AWS read in the address", "DELETE /s3/shop?Action=DescribeInstances"],
    ["by the name of an AWS read in a header", "DELETE /s3/shop", { "x-amz-target": "X.DescribeTable" }],
    ["by GET, for an operation of AWS", "GET /ec2/?Action=TerminateInstances&InstanceId.1=i-1"],
    ["by GET, with the verb in the path", "GET /api/volumes/delete?id=1"],
    ["by GET, with the verb in a field", "GET /api/client/api?command=destroyVirtualMachine&id=1"],
    ["by GET, with the method in a field", "GET /api/v19/123?method=delete"],
    ["by GET, with the method in a field of other words", "GET /api/v1/x?%24httpMethod=DELETE"],
    ["by GET, for a mutation", `GET /api/api?query=${encodeURIComponent('mutation { volumeDelete(volumeId: "v") }')}`],
    ["by GET, for a stored query", `GET /api/api?extensions=${encodeURIComponent('{"persistedQuery":{"version":1,"sha256Hash":"aa"}}')}`],
    ["by GET, for a statement", "GET /api/exec?query=DROP+TABLE+x"],
    ["by a member of a form with files", "POST /api/v1/x", form, field('"_method"', "DELETE")],
    ["by a bare member of a form with files", "POST /api/v1/x", form, field("_method", "DELETE")],
  ];
  it.each(cases)("waits or is refused: %s", async (_name, line, headers = {}, body) => {
    expect([400, 403]).toContain(await send(line, headers, body ?? null));
    expect(upstream.reached).toEqual([]);
  });

  it.each(["x_http_method_override", "X-HTTP_Method-Override", "content_type", "x_amz_target", "transfer_encoding"])("is refused, or goes without it, with a header field that some servers take for another: %s", async (name) => {
    const status = await send("GET /api/v1/x", { ...json, [name]: "DELETE" });
    expect(status === 400 || (status === 200 && headerIn(upstream.reached[0]!.headers, name.toLowerCase()) === undefined)).toBe(true);
  });

  it.each(["x_original_url", "x-envoy-original-path", "x-http-host-override", "x_forwarded_host", "x_api_key"])("goes without what leads some servers elsewhere: %s", async (name) => {
    expect(await send("GET /api/v1/x", { [name]: "/admin/delete-everything" })).toBe(200);
    expect(headerIn(upstream.reached[0]!.headers, name)).toBeUndefined();
  });
});

describe("a read in production", () => {
  it.each(["GET /api/v1/volumes", "GET /api/v1/volumes/deleted?method=getInfo", "GET /api/search?q=how+to+delete+a+volume", "GET /ec2/?Action=DescribeInstances", "GET /s3/shop?list-type=2", "GET /api/client/api?command=listVirtualMachines"])("passes: %s", async (line) => {
    expect(await send(line)).toBe(200);
  });

  it("passes with a question where questions are asked", async () => {
    expect(await send("POST /api/graphql", json, '{"query":"{ me { id } }"}')).toBe(200);
    expect(await send("POST /api/v1/$batch", json, '{"requests":[{"method":"GET","url":"/x"}]}')).toBe(200);
  });
});
