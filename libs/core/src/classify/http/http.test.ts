import { describe, expect, it } from "vitest";
import { MAX_NESTED_INPUTS } from "../bounds.ts";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyHttp } from "./http.ts";

await prepareClassifiers();

type Golden = readonly [line: string, body: string | null, operation: string, effect: string, reversibility: string];

const GOLDEN: readonly Golden[] = [
  ["GET https://api.example.com/v1/volumes", null, "http.get", "read", "reversible"],
  ["HEAD https://api.example.com/delete", null, "http.head", "read", "reversible"],
  ["OPTIONS https://api.example.com/", null, "http.options", "read", "reversible"],
  ["POST https://api.example.com/v1/things", "{}", "http.post", "write", "unknown"],
  ["PUT https://api.example.com/v1/things/1", "{}", "http.put", "write", "unknown"],
  ["PATCH https://api.example.com/v1/things/1", "{}", "http.patch", "write", "unknown"],
  ["DELETE https://api.example.com/v1/things/1", null, "http.delete", "delete", "irreversible"],
  ["delete https://api.example.com/v1/things/1", null, "http.delete", "delete", "irreversible"],
  ["PURGE https://api.example.com/x", null, "http.unknown", "write", "unknown"],
  ["POST https://api.example.com/v1/volumes/delete", "{}", "http.post", "delete", "irreversible"],
  ["POST https://api.example.com/v1/volumes/purgeAll", "{}", "http.post", "delete", "irreversible"],
  ["DELETE https://api.github.com/repos/acme/shop", null, "github.deleteRepository", "delete", "irreversible"],
  ["DELETE https://api.github.com/repos/acme/shop/git/refs/heads/main", null, "github.deleteRef", "delete", "irreversible"],
  ["DELETE https://api.github.com/repos/acme/shop/issues/1/labels/bug", null, "github.unassign", "write", "recoverable"],
  ["PATCH https://api.github.com/repos/acme/shop/git/refs/heads/main", '{"sha":"a","force":true}', "github.forceUpdateRef", "delete", "irreversible"],
  ["GET https://api.github.com/repos/acme/shop", null, "http.get", "read", "reversible"],
  ["DELETE https://api.stripe.com/v1/customers/cus_1", null, "stripe.delete", "delete", "irreversible"],
  ["POST https://api.stripe.com/v1/refunds", "charge=ch_1", "stripe.moveMoney", "publish", "unknown"],
  ["POST https://rds.eu-west-1.amazonaws.com/", "Action=DeleteDBInstance&DBInstanceIdentifier=p", "aws.DeleteDBInstance", "delete", "irreversible"],
  ["GET https://ec2.amazonaws.com/?Action=TerminateInstances&InstanceId.1=i-1", null, "aws.TerminateInstances", "delete", "irreversible"],
  ["POST https://ec2.amazonaws.com/", "Action=DescribeInstances", "aws.DescribeInstances", "read", "reversible"],
  ["DELETE https://shop.s3.amazonaws.com/orders/1.json", null, "s3.deleteObject", "delete", "irreversible"],
  ["DELETE https://shop.s3.eu-west-1.amazonaws.com/", null, "s3.deleteBucket", "delete", "irreversible"],
  ["POST https://shop.s3.amazonaws.com/?delete", "<Delete></Delete>", "s3.deleteObjects", "delete", "irreversible"],
  ["DELETE https://k8s.local:6443/api/v1/namespaces/shop", null, "kubernetes.delete", "delete", "irreversible"],
  ["DELETE https://k8s.local:6443/api/v1/namespaces/shop/pods", null, "kubernetes.deleteCollection", "delete", "irreversible"],
  ["DELETE https://api.vercel.com/v9/projects/shop", null, "vercel.delete", "delete", "irreversible"],
  ["DELETE https://api.cloudflare.com/client/v4/zones/z1", null, "cloudflare.delete", "delete", "irreversible"],
  ["POST https://api.cloudflare.com/client/v4/zones/z1/purge_cache", "{}", "cloudflare.purgeCache", "write", "recoverable"],
  ["DELETE http://search:9200/_all", null, "elasticsearch.deleteAll", "delete", "irreversible"],
  ["POST http://search:9200/orders/_delete_by_query", "{}", "elasticsearch.deleteByQuery", "delete", "irreversible"],
  ["POST https://backboard.railway.com/graphql/v2", '{"query":"mutation { volumeDelete(volumeId: \\"v\\") }"}', "railway.volumeDelete", "delete", "irreversible"],
  ["POST https://backboard.railway.app/graphql/v2", '{"query":"{ me { id } }"}', "railway.me", "read", "reversible"],
  ["GET https://api.example.com/graphql?query=%7Bme%7D", null, "graphql.me", "read", "reversible"],
  ["POST https://api.github.com/graphql", '{"query":"mutation { deleteRef(input: {refId: \\"r\\"}) { ok } }"}', "github.deleteRef", "delete", "irreversible"],
  ["POST https://api.example.com/graphql", "garbage", "graphql.unknown", "execute", "unknown"],
];

describe("classifyHttp", () => {
  it.each(GOLDEN)("%s %s", (line, body, operation, effect, reversibility) => {
    const [method, url] = line.split(" ");
    const { worst } = classifyHttp({ method: method!, url: url!, body });
    expect({ operation: worst.operation, effect: worst.effect, reversibility: worst.reversibility }).toEqual({ operation, effect, reversibility });
  });

  it("reads the operation of AWS's JSON protocol from its header", () => {
    const headers = { "x-amz-target": "DynamoDB_20120810.DeleteTable" };
    expect(classifyHttp({ method: "POST", url: "https://dynamodb.eu-west-1.amazonaws.com/", body: "{}", headers }).worst.operation).toBe("aws.DeleteTable");
  });

  it("names the class of rules by which a protection goes, and leaves a new thing without one alone", () => {
    const send = (method: string, url: string, body: string) => classifyHttp({ method, url, body }).worst;
    expect(send("PATCH", "https://api.example.com/v1/databases/d1", '{"deletion_protection":false}')).toMatchObject({ rule: "protection.deletion", effect: "admin", reversibility: "irreversible" });
    expect(send("POST", "https://api.example.com/v1/databases/d1", "deletion_protection=false").rule).toBe("protection.deletion");
    expect(send("POST", "https://api.example.com/v1/databases", '{"deletion_protection":false}').rule).toBe("http.post");
    expect(send("PATCH", "https://api.example.com/v1/databases/d1", '{"deletion_protection":true}').rule).toBe("http.patch");
    expect(send("DELETE", "https://api.example.com/v1/databases/d1?skip_final_snapshot=true", "")).toMatchObject({ rule: "protection.final-copy", effect: "delete" });
  });

  it("follows the SQL that a request carries, and no search that speaks of it", () => {
    const send = (url: string, body: string) => classifyHttp({ method: "POST", url, body }).worst;
    expect(send("https://api.example.com/v2/statements", '{"statement":"truncate t"}').operation).toBe("sql.truncate");
    expect(send("https://api.example.com/pipeline", '{"requests":[{"stmt":{"sql":"drop table t"}}]}').operation).toBe("sql.drop-table");
    expect(send("https://x.eu-west-1.amazonaws.com/", "Action=ExecuteStatement&Sql=delete+from+t").operation).toBe("sql.delete-all");
    expect(send("https://x.snowflakecomputing.com/api/v2/statements", '{"statement":"select 1"}').effect).toBe("read");
    expect(send("https://api.example.com/v2/statements", '{"statement":"select 1","more":"secret"}')).toMatchObject({ effect: "write", reversibility: "unknown" });
    expect(send("https://api.example.com/v1/articles", '{"query":"drop table manners"}').operation).toBe("http.post");
    expect(classifyHttp({ method: "GET", url: "https://ch.example.com/sql?query=drop%20table%20t", body: null }).worst.operation).toBe("sql.drop-table");
  });

  it("counts what a request names", () => {
    const radius = (method: string, url: string, body: string | null) => classifyHttp({ method, url, body }).worst.blast;
    expect(radius("POST", "https://ec2.amazonaws.com/", "Action=TerminateInstances&InstanceId.1=i-1&InstanceId.2=i-2")).toMatchObject({ count: 2 });
    expect(radius("POST", "https://shop.s3.amazonaws.com/?delete", "<Delete><Object><Key>a</Key></Object><Object><Key>b</Key></Object></Delete>")).toEqual({ extent: "named", count: 2 });
    expect(radius("DELETE", "https://k8s.local/api/v1/namespaces/shop/pods", null)).toMatchObject({ extent: "all" });
    expect(radius("DELETE", "https://api.example.com/v1/things/1", null)).toBeUndefined();
  });

  it("reads the verb of a custom method after a colon", () => {
    expect(classifyHttp({ method: "POST", url: "https://api.example.com/v1/disks/d1:purge", body: "{}" }).worst.rule).toBe("http.verb.purge");
    expect(classifyHttp({ method: "POST", url: "https://api.example.com/v1/disks/d1:start", body: "{}" }).worst.rule).toBe("http.post");
  });

  it("names something safer for each loss that only method, path or verb tell", () => {
    const safer = (method: string, url: string, body: string | null) => classifyHttp({ method, url, body }).worst.saferAlternative;
    expect(safer("DELETE", "https://api.example.com/v1/things/1", null)).not.toBeNull();
    expect(safer("POST", "https://api.example.com/v1/things/purge", "{}")).not.toBeNull();
    expect(safer("POST", "https://ec2.amazonaws.com/", "Action=DeleteVolume&VolumeId=v")).not.toBeNull();
    expect(safer("GET", "https://api.example.com/v1/things/1", null)).toBeNull();
  });

  it("judges every request of a batch", () => {
    const send = (value: unknown) => classifyHttp({ method: "POST", url: "https://graph.microsoft.com/v1.0/$batch", body: typeof value === "string" ? value : JSON.stringify(value) });
    const members = (count: number) => ({ requests: Array.from({ length: count }, (_, id) => ({ id, method: "GET", url: "/me" })) });
    expect(send({ requests: [{ method: "GET", url: "/me" }, { method: "DELETE", url: "/v1.0/users/u1" }] }).worst.operation).toBe("msgraph.deleteDirectoryObject");
    expect(send(`batch=${encodeURIComponent('[{"method":"DELETE","relative_url":"a/b"}]')}`).worst.operation).toBe("http.delete");
    expect(send(members(MAX_NESTED_INPUTS)).worst.effect).toBe("read");
    expect(send(members(MAX_NESTED_INPUTS + 1)).worst.rule).toBe("http.batch-too-long");
    expect(send({ requests: [{ name: "DELETE" }] }).worst.operation).toBe("http.post");
  });

  it("reads the call in a JSON-RPC body, a tool's among them", () => {
    const rpc = (method: string, params?: unknown) => classifyHttp({ method: "POST", url: "https://tools.example.com/mcp", body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) }).worst;
    expect(rpc("tools/call", { name: "delete_volume", arguments: { id: "v" } })).toMatchObject({ operation: "mcp.delete_volume", reversibility: "irreversible" });
    expect(rpc("tools/call", { name: "list_volumes" }).rule).toBe("http.post");
    expect(rpc("tools/call", { name: "query", arguments: { sql: "drop table users" } }).operation).toBe("sql.drop-table");
    expect(rpc("tools/call", { name: "update_database", arguments: { deletion_protection: false } }).rule).toBe("protection.deletion");
    expect(rpc("tools/list").rule).toBe("http.post");
    expect(rpc("account.purge").reversibility).toBe("irreversible");
    expect(rpc("frobnicate")).toMatchObject({ effect: "execute", reversibility: "unknown" });
    expect(classifyHttp({ method: "POST", url: "https://tools.example.com/mcp", body: '{"method":"tools/call","params":{"name":"list"}}' }).worst.rule).toBe("http.post");
  });

  it.each([
    ["PATCH", "https://api.github.com/repos/acme/shop/git/refs/heads/main", '{ "\\u0066orce" :\n true }', "github.forceUpdateRef"],
    ["PATCH", "https://API.GitHub.com/repos/acme/shop/git/%72efs/heads/main", '{"force":true}', "github.forceUpdateRef"],
    ["PUT", "https://shop.s3.amazonaws.com/?%76ersioning", "<Status>Suspended</Status>", "s3.suspendVersioning"],
    ["POST", "https://api.example.com/v1/things/%64elete", "{}", "http.post"],
    ["POST", "https://api.github.com/repos/acme/shop", "_method=delete", "github.deleteRepository"],
    ["POST", "https://api.github.com/repos/acme/shop?_method=DELETE", null, "github.deleteRepository"],
  ] as const)("sees through spellings: %s %s %s", (method, url, body, operation) => {
    const { worst } = classifyHttp({ method, url, body });
    expect(worst).toMatchObject({ operation });
    expect(["irreversible", "unknown"]).toContain(worst.reversibility);
    expect(worst.effect).not.toBe("write");
  });

  it("lets an overriding header decide", () => {
    const headers = { "x-http-method-override": "DELETE" };
    expect(classifyHttp({ method: "POST", url: "https://api.example.com/v1/things/1", body: null, headers }).worst.effect).toBe("delete");
  });

  it("takes a GraphQL body that it cannot see for unknown", () => {
    const judged = classifyHttp({ method: "POST", url: "https://backboard.railway.com/graphql/v2", body: null, bodyUnknown: true });
    expect(judged).toMatchObject({ parse: "partial", worst: { effect: "write", reversibility: "unknown", rule: "http.hidden-body" } });
  });

  it.each([
    ["a GraphQL query", "POST", "https://api.example.com/v1/volumes/v1/delete", '{"query":"{ me { id } }"}'],
    ["a GraphQL query beside fields of its own", "POST", "https://api.github.com/repos/acme/shop/transfer", '{"new_owner":"x","query":"{ me { id } }"}'],
    ["a GraphQL query beside a call", "POST", "https://api.example.com/mcp", '{"query":"{ me { id } }","jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"delete_volume"}}'],
    ["a batch of reads", "POST", "https://api.example.com/v1/volumes/v1/delete", '{"requests":[{"method":"GET","url":"/x"}]}'],
    ["a batch of reads beside an operation", "POST", "https://dynamodb.us-east-1.amazonaws.com/", '{"TableName":"t","requests":[{"method":"GET","url":"/x"}]}'],
    ["a batch with a member in other words", "POST", "https://api.example.com/v1/batch", '{"requests":[{"method":"GET","url":"/x"},{"Method":"DELETE","Url":"/y"}]}'],
    ["a select", "POST", "https://compute.googleapis.com/compute/v1/projects/p/zones/z/instances/i/stop", '{"sql":"select 1"}'],
    ["a select in the query string", "PUT", "https://storage.googleapis.com/storage/v1/b/x/iam?sql=select+1", "{}"],
    ["a select beside a protection that goes", "POST", "https://dynamodb.us-east-1.amazonaws.com/", '{"TableName":"t","PointInTimeRecoverySpecification":{"PointInTimeRecoveryEnabled":false},"sql":"select 1"}'],
    ["the name of an AWS read in a DELETE", "DELETE", "https://s3.amazonaws.com/shop?Action=DescribeInstances", null],
    ["the name of an AWS read in what S3 deletes", "POST", "https://shop.s3.amazonaws.com/?delete", "<Delete><!-- Action=DescribeTable --><Object><Key>a</Key></Object></Delete>"],
    ["the names of two operations", "POST", "https://ec2.us-east-1.amazonaws.com/", "Action=DescribeInstances&Action=TerminateInstances"],
    ["a name at the other hosts of AWS", "POST", "https://ec2.us-east-1.api.aws/", "Action=TerminateInstances"],
  ] as const)("is not talked out of what method and address say by %s", (_name, method, url, body) => {
    const headers = url.startsWith("https://dynamodb") ? { "x-amz-target": body?.includes("PointInTime") === true ? "DynamoDB_20120810.UpdateContinuousBackups" : "DynamoDB_20120810.DeleteTable" } : {};
    const { worst } = classifyHttp({ method, url, body, headers });
    expect(worst.effect).not.toBe("read");
    expect(["irreversible", "unknown"]).toContain(worst.reversibility);
  });

  it.each(["DELETE /shop", "POST /shop?delete"])("hears no X-Amz-Target where S3 hears none: %s", (line) => {
    const [method, path] = line.split(" ");
    expect(classifyHttp({ method: method!, url: `https://s3.amazonaws.com${path!}`, body: null, headers: { "x-amz-target": "X.DescribeTable" } }).worst.reversibility).toBe("irreversible");
  });

  it("names host and path, never the query, which may hold a token", () => {
    const { worst } = classifyHttp({ method: "DELETE", url: "https://api.prod.example.com/v1/x?token=secret", body: null });
    expect(worst.targets).toEqual([{ kind: "url", id: "api.prod.example.com/v1/x", environment: "production" }]);
    expect(classifyHttp({ method: "DELETE", url: "not a url?token=secret", body: null }).worst.targets[0]?.id).toBe("not a url");
  });
});
