/** Requests that agents make, and those that destroy. Which upstream takes them, and what it destroys by them, the tables say. */
import type { Api, Crafted } from "./crafted.ts";

export interface Seed {
  readonly name: string;
  /** Of `SERVERS`. */
  readonly server: string;
  readonly crafted: Crafted;
  readonly destroys: boolean;
}

export interface Server {
  readonly name: string;
  readonly api: Api;
  readonly host: string;
  /** Before every path. */
  readonly base: string;
}

export const SERVERS: readonly Server[] = [
  { name: "railway", api: "graphql", host: "backboard.railway.com", base: "/graphql/v2" },
  { name: "orders", api: "rest", host: "api.orders.example", base: "" },
  { name: "cluster", api: "rest", host: "kubernetes.orders.example", base: "" },
  { name: "github", api: "rest", host: "api.github.com", base: "" },
  { name: "rds", api: "aws-query", host: "rds.us-east-1.amazonaws.com", base: "" },
  { name: "dynamodb", api: "aws-json", host: "dynamodb.us-east-1.amazonaws.com", base: "" },
  { name: "s3", api: "s3", host: "s3.us-east-1.amazonaws.com", base: "" },
  { name: "tools", api: "rpc", host: "tools.orders.example", base: "/mcp" },
  { name: "warehouse", api: "sql", host: "shop.clickhouse.cloud", base: "" },
];

/** Operations by which a server loses something for good, as it spells them. */
export const DESTROYING = {
  graphql: ["volumeDelete", "projectDelete", "serviceDelete", "environmentDelete", "volumeInstanceBackupDelete"],
  "aws-query": ["DeleteDBInstance", "DeleteDBCluster", "DeleteDBSnapshot"],
  "aws-json": ["DeleteTable", "DeleteBackup"],
  rpc: ["delete_volume", "drop_database", "volumes.delete", "destroy_environment"],
  /** Last parts of a path: calls over any method. */
  rest: ["delete", "destroy", "purge"],
} as const;

/** By the name or hash of which a GraphQL server takes a stored document. */
export const STORED_DOCUMENT = "delete-volume";

const JSON_TYPE = ["Content-Type", "application/json"] as const;
const FORM_TYPE = ["Content-Type", "application/x-www-form-urlencoded"] as const;

const parts = (path: string): Pick<Crafted, "path" | "query"> => {
  const mark = path.indexOf("?");
  return mark < 0 ? { path, query: null } : { path: path.slice(0, mark), query: path.slice(mark + 1) };
};

function made(server: string, destroys: boolean, method: string, path: string, headers: Crafted["headers"] = [], body: string | null = null): Seed {
  const { api } = SERVERS.find(({ name }) => name === server)!;
  return { name: `${server} ${method} ${path} ${body ?? ""}`.slice(0, 100), server, destroys, crafted: { api, method, ...parts(path), headers, body: body === null ? null : Buffer.from(body), chunks: "none", isFramed: true } };
}

const read = (server: string, method: string, path: string, ...rest: [Crafted["headers"]?, string?]): Seed => made(server, false, method, path, ...rest);
const lose = (server: string, method: string, path: string, ...rest: [Crafted["headers"]?, string?]): Seed => made(server, true, method, path, ...rest);
const graphql = (destroys: boolean, query: string, more: object = {}): Seed => made("railway", destroys, "POST", "", [JSON_TYPE], JSON.stringify({ query, ...more }));
const rds = (destroys: boolean, form: string): Seed => made("rds", destroys, "POST", "/", [FORM_TYPE], `${form}&Version=2014-10-31`);
const dynamodb = (destroys: boolean, operation: string, body: object): Seed =>
  made("dynamodb", destroys, "POST", "/", [["Content-Type", "application/x-amz-json-1.0"], ["X-Amz-Target", `DynamoDB_20120810.${operation}`]], JSON.stringify(body));
const tool = (destroys: boolean, name: string): Seed => made("tools", destroys, "POST", "", [JSON_TYPE], JSON.stringify({ jsonrpc: "2.0", id: 1, method: "tools/call", params: { name, arguments: { id: "vol-1" } } }));

export const LOSSES: readonly Seed[] = [
  graphql(true, 'mutation { volumeDelete(volumeId: "vol-1") }'),
  graphql(true, "mutation Gone($id: String!) { volumeDelete(volumeId: $id) }", { variables: { id: "vol-1" }, operationName: "Gone" }),
  graphql(true, 'mutation { projectDelete(id: "p-1") }'),
  graphql(true, 'mutation { serviceDelete(id: "s-1") environmentDelete(id: "e-1") }'),
  graphql(true, 'mutation { volumeInstanceBackupDelete(volumeInstanceBackupId: "b-1", volumeInstanceId: "v-1") { workflowId } }'),
  lose("orders", "DELETE", "/v1/orders/7"),
  lose("orders", "DELETE", "/v1/volumes/vol-1?confirm=true"),
  lose("orders", "POST", "/v1/volumes/delete", [JSON_TYPE], '{"id":"vol-1"}'),
  lose("orders", "POST", "/v1/instances/i-1:destroy", [JSON_TYPE], "{}"),
  lose("orders", "PUT", "/admin/purge", [JSON_TYPE], '{"all":true}'),
  lose("orders", "POST", "/v1/batch", [JSON_TYPE], '{"requests":[{"method":"GET","url":"/v1/orders/1"},{"method":"DELETE","url":"/v1/orders/7"}]}'),
  lose("cluster", "DELETE", "/api/v1/namespaces/shop"),
  lose("cluster", "DELETE", "/apis/apps/v1/namespaces/shop/deployments/web", [JSON_TYPE], '{"propagationPolicy":"Background"}'),
  lose("cluster", "DELETE", "/api/v1/persistentvolumes/pv-1"),
  lose("github", "DELETE", "/repos/acme/shop"),
  lose("github", "DELETE", "/repos/acme/shop/git/refs/heads/main"),
  rds(true, "Action=DeleteDBInstance&DBInstanceIdentifier=shop&SkipFinalSnapshot=true"),
  rds(true, "Action=DeleteDBSnapshot&DBSnapshotIdentifier=shop-1"),
  lose("rds", "GET", "/?Action=DeleteDBCluster&DBClusterIdentifier=shop&SkipFinalSnapshot=true&Version=2014-10-31"),
  dynamodb(true, "DeleteTable", { TableName: "orders" }),
  dynamodb(true, "DeleteBackup", { BackupArn: "arn:aws:dynamodb:us-east-1:1:table/orders/backup/1" }),
  lose("s3", "DELETE", "/shop-backups"),
  lose("s3", "DELETE", "/shop-backups/2026/11/dump.gz"),
  lose("s3", "POST", "/shop-backups?delete", [["Content-Type", "application/xml"]], "<Delete><Object><Key>dump.gz</Key></Object></Delete>"),
  tool(true, "delete_volume"),
  tool(true, "drop_database"),
  made("tools", true, "POST", "", [JSON_TYPE], '{"jsonrpc":"2.0","id":7,"method":"volumes.delete","params":{"id":"vol-1"}}'),
  lose("warehouse", "POST", "/", [["Content-Type", "text/plain"]], "DROP TABLE shop.orders"),
  lose("warehouse", "POST", "/?database=shop", [["Content-Type", "text/plain"]], "TRUNCATE TABLE orders"),
  lose("warehouse", "POST", "/?query=DROP%20DATABASE%20shop"),
];

export const READS: readonly Seed[] = [
  graphql(false, "query { me { id } }"),
  graphql(false, "query Project($id: String!) { project(id: $id) { name } }", { variables: { id: "p-1" }, operationName: "Project" }),
  read("railway", "GET", `?query=${encodeURIComponent("{ me { id } }")}`),
  read("orders", "GET", "/v1/orders?limit=20&after=7"),
  read("orders", "GET", "/v1/orders/7"),
  read("orders", "HEAD", "/v1/orders/7"),
  made("orders", false, "POST", "/v1/orders", [JSON_TYPE], '{"sku":"a-1","amount":2,"note":"leave it at the door"}'),
  made("orders", false, "POST", "/v1/batch", [JSON_TYPE], '{"requests":[{"method":"GET","url":"/v1/orders/1"},{"method":"GET","url":"/v1/orders/2"}]}'),
  read("cluster", "GET", "/api/v1/namespaces/shop/pods?limit=50"),
  read("github", "GET", "/repos/acme/shop/pulls?state=open"),
  rds(false, "Action=DescribeDBInstances&DBInstanceIdentifier=shop"),
  dynamodb(false, "DescribeTable", { TableName: "orders" }),
  dynamodb(false, "GetItem", { TableName: "orders", Key: { id: { S: "7" } } }),
  read("s3", "GET", "/shop-backups?list-type=2&prefix=2026%2F11"),
  tool(false, "list_volumes"),
  made("warehouse", false, "POST", "/", [["Content-Type", "text/plain"]], "SELECT count() FROM shop.orders"),
];
