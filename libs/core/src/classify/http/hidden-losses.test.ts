/** Requests that lose something for good, written so that they look like less. Each was taken for less once. */
import { beforeAll, describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyHttp } from "./http.ts";

beforeAll(() => prepareClassifiers());

const K8S = "https://k8s.local:6443/api/v1/namespaces/shop";
const MCP = "https://tools.example.com/mcp";
const DYNAMO = "https://dynamodb.us-east-1.amazonaws.com/";
const CLICKHOUSE = "https://shop.clickhouse.cloud/";
const call = (name: string, more: object = {}): object => ({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: {} }, ...more });
const LIST = { jsonrpc: "2.0", id: 2, method: "tools/list" };

type Case = readonly [name: string, method: string, url: string, body?: string, target?: string];

const LOST: readonly Case[] = [
  ["a dry run that is the text of another field", "DELETE", `${K8S}?x=%26dryRun=All`],
  ["a dry run that the body mentions", "DELETE", K8S, '{"note":"&dryRun=All"}'],
  ["a dry run in the address, where a body is what counts", "DELETE", `${K8S}?dryRun=All`, '{"propagationPolicy":"Background"}'],
  ["a dry run twice", "DELETE", `${K8S}?dryRun=All&dryRun=`],
  ["a dry run in another spelling", "DELETE", `${K8S}?dryrun=All`],
  ["a dry run of a service that knows none", "POST", DYNAMO, '{"TableName":"orders","DryRun":true}', "DynamoDB_20120810.DeleteTable"],
  ["a dry run of another service that knows none", "POST", "https://rds.us-east-1.amazonaws.com/", "Action=DeleteDBInstance&DBInstanceIdentifier=x&DryRun=true"],
  ["a dry run of EC2 twice", "POST", "https://ec2.us-east-1.amazonaws.com/", "Action=TerminateInstances&InstanceId.1=i-1&DryRun=true&DryRun=false"],
  ["a dry run of EC2 within another field", "GET", "https://ec2.us-east-1.amazonaws.com/?Action=TerminateInstances&InstanceId.1=i-1&x=%26DryRun=true"],
  ["a validation of an API that overlooks it", "DELETE", "https://storage.googleapis.com/storage/v1/b/shop?validateOnly=true"],
  ["a validation that the body mentions", "DELETE", "https://run.googleapis.com/v2/projects/p/locations/l/services/s", '{"validateOnly":true}'],
  ["an action in an encoding", "POST", "https://rds.us-east-1.amazonaws.com/", "Action=%44eleteDBInstance&DBInstanceIdentifier=x"],
  ["an action behind a byte order mark", "POST", "https://rds.us-east-1.amazonaws.com/?%EF%BB%BFAction=DeleteDBSnapshot&DBSnapshotIdentifier=x"],
  ["an action with white space around", "POST", "https://rds.us-east-1.amazonaws.com/", "%0aAction = DeleteDBInstance&DBInstanceIdentifier=x"],
  ["an action by a method of another protocol", "PROPFIND", "https://rds.us-east-1.amazonaws.com/?Action=DeleteDBCluster&DBClusterIdentifier=x"],
  ["a deletion of many with a semicolon", "POST", "https://s3.us-east-1.amazonaws.com/shop-backups?delete;delete", "{"],
  ["an action by HEAD", "HEAD", "https://rds.us-east-1.amazonaws.com/?Action=DeleteDBInstance&DBInstanceIdentifier=x"],
  ["an action by PATCH", "PATCH", "https://rds.us-east-1.amazonaws.com/", "Action=DeleteDBInstance&DBInstanceIdentifier=x"],
  ["a deletion of many objects behind another field", "POST", "https://shop.s3.amazonaws.com/?x=1&delete", "<De"],
  ["an upload's id within another field", "DELETE", "https://shop.s3.amazonaws.com/dump.gz?x=%26uploadId=3"],
  ["a field that only begins as one for tags", "DELETE", "https://shop.s3.amazonaws.com/dump.gz?tagging-x"],
  ["a field that only begins as one for tags, in an encoding", "DELETE", "https://shop.s3.amazonaws.com/dump.gz?tagging%20x"],
  ["a call in a batch", "POST", MCP, JSON.stringify([LIST, call("delete_volume")])],
  ["a call in a batch in a batch", "POST", MCP, JSON.stringify([[[call("delete_volume")]], LIST])],
  ["a call behind many", "POST", MCP, JSON.stringify([...Array.from({ length: 200 }, () => LIST), call("drop_database")])],
  ["a call whose parameters are a list", "POST", MCP, JSON.stringify(call("", { params: [[{ name: "delete_volume" }]] }))],
  ["a call in another spelling", "POST", MCP, JSON.stringify(call("delete_volume", { method: "Tools/call " }))],
  ["a call without a version", "POST", MCP, '{"id":1,"method":"volumes.delete","params":{"id":"v"}}'],
  ["a call by PUT", "PUT", MCP, JSON.stringify(call("delete_volume"))],
  ["a mutation by PUT", "PUT", "https://backboard.railway.com/graphql/v2", '{"query":"mutation { volumeDelete(volumeId: \\"v\\") }"}'],
  ["a batch by PUT", "PUT", "https://api.example.com/v1/batch", '{"requests":[{"method":"DELETE","url":"/v1/orders/7"}]}'],
  ["a verb in capitals", "PUT", "https://api.example.com/admin/puRg%65"],
  ["SQL that is the body", "POST", CLICKHOUSE, "DROP TABLE shop.orders"],
  ["SQL that is the body, behind a comment", "POST", CLICKHOUSE, "/* a */ -- b\n DROP TABLE shop.orders"],
  ["SQL that is the body, behind another statement", "POST", CLICKHOUSE, "SELECT 1; DROP TABLE shop.orders"],
  ["SQL in the query string", "POST", `${CLICKHOUSE}?query=DROP%20DATABASE%20shop`],
  ["SQL in the query string, under another path", "POST", `${CLICKHOUSE}v1?query=DROP%20DATABASE%20shop`],
  ["SQL in the query string of a read", "GET", `${CLICKHOUSE}?query=DROP%20DATABASE%20shop`],
  ["SQL in a form, under whatever path of a database", "POST", `${CLICKHOUSE}.json`, "query=TRUNCATE%20TABLE%20orders"],
  ["SQL in JSON, under whatever path of a database", "POST", `${CLICKHOUSE}x`, '{"query":"TRUNCATE TABLE orders"}'],
  ["SQL that begins in the query string", "POST", `${CLICKHOUSE}?query=DROP%20`, "TABLE shop.orders"],
  ["SQL that is the body at a host that nobody knows", "POST", "https://db.internal/", "TRUNCATE TABLE orders"],
];

describe("a loss is seen", () => {
  it.each(LOST.map(([name, method, url, body = null, target = null]) => ({ name, method, url, body, target })))("$name", ({ method, url, body, target }) => {
    const { verdicts } = classifyHttp({ method, url, body, ...(target === null ? {} : { headers: { "x-amz-target": target } }) });
    expect(verdicts.map(({ reversibility }) => reversibility)).toContain("irreversible");
  });
});

const KEPT: readonly Case[] = [
  ["a dry run of Kubernetes", "DELETE", `${K8S}?dryRun=All`],
  ["a dry run of EC2", "POST", "https://ec2.us-east-1.amazonaws.com/", "Action=TerminateInstances&InstanceId.1=i-1&DryRun=true"],
  ["a dry run of BigQuery", "POST", "https://bigquery.googleapis.com/bigquery/v2/projects/p/queries", '{"query":"select 1","dryRun":true}'],
  ["a select that is the body", "POST", CLICKHOUSE, "SELECT count() FROM shop.orders"],
  ["a search for such words", "GET", "https://search.example.com/v1/search?query=drop%20table%20if%20exists"],
];

describe("what only reads stays a read", () => {
  it.each(KEPT.map(([name, method, url, body = null]) => ({ name, method, url, body })))("$name", ({ method, url, body }) => {
    expect(classifyHttp({ method, url, body }).worst.effect).toBe("read");
  });

  it("a text in a human language is no statement", () => {
    const { worst, parse } = classifyHttp({ method: "POST", url: "https://api.example.com/v1/notes", body: "Do call me when the table is laid; with regards" });
    expect([worst.operation, parse]).toEqual(["http.post", "parsed"]);
  });

  it("calls that only write are not taken for more, and never for less than what nobody knows", () => {
    expect(classifyHttp({ method: "POST", url: MCP, body: JSON.stringify([call("create_issue"), { note: "x" }]) }).worst).toMatchObject({ operation: "http.post", reversibility: "unknown" });
    expect(classifyHttp({ method: "POST", url: "https://api.example.com/v1/jobs", body: '{"method":"create_order","params":{}}' }).worst).toMatchObject({ operation: "http.post", reversibility: "unknown" });
  });
});
