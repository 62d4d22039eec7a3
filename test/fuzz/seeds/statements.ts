/** SQL and GraphQL, ours. SQL is such that PostgreSQL, MySQL and SQLite read it alike. */
import type { GraphqlSeed, SqlSeed, Truth } from "./seed.ts";

const LOST = [
  "drop table users",
  "drop table if exists users",
  "drop database shop",
  "drop view active_users",
  "truncate table users",
  "delete from users",
  "delete from users where 1 = 1",
  "delete from users where true",
  "delete from shop.users where id = id",
  "delete from users where name like '%'",
  "update users set active = false",
  "update users set name = 'drop', active = 1",
  "update users set active = 0 where 2 > 1",
  "alter table users drop column email",
  "drop index users_email",
];

const SAFE = [
  "select * from users",
  "select id, name from users where name = 'drop table users'",
  "select count(*) from users group by team having count(*) > 3 order by 1",
  "select u.id from users u join teams t on t.id = u.team where t.name <> 'x; delete from users'",
  "delete from users where id = 7",
  "delete from users where name = 'a' and team = 3",
  "update users set active = false where id in (1, 2, 3)",
  "insert into users (id, name) values (1, 'truncate users')",
  "create table archive (id int, body text)",
  "alter table users add column age int",
  "create index users_name on users (name)",
  "with recent as (select * from users where seen > 7) select * from recent",
];

const LOST_FIELDS = [
  "volumeDelete(volumeId: \"v1\")",
  "projectDelete(id: \"p1\")",
  "serviceDelete(id: \"s1\", environmentId: \"production\")",
  "volumeInstanceBackupDelete(volumeInstanceBackupId: \"b1\", volumeInstanceId: \"i1\")",
  "environmentDelete(id: \"e1\")",
  "deleteRepository(input: { repositoryId: \"r1\" }) { clientMutationId }",
  "purgeQueue(name: \"jobs\") { ok }",
  "wipeDisk",
];

const SAFE_FIELDS = [
  "me { id name }",
  "project(id: \"volumeDelete\") { id services { edges { node { name } } } }",
  "search(text: \"mutation { volumeDelete(volumeId: 1) }\", first: 10) { id }",
  "deletedUsers(first: 3) { id deletedAt }",
  "viewer { login repositories(first: 2) { nodes { name } } }",
];

const sql = (truth: Truth, texts: readonly string[]): SqlSeed[] => texts.map((text) => ({ language: "sql", truth, text }));

export const SQL_SEEDS: readonly SqlSeed[] = [...sql("lost", LOST), ...sql("safe", SAFE)];
export const GRAPHQL_SEEDS: readonly GraphqlSeed[] = [
  ...LOST_FIELDS.map((field): GraphqlSeed => ({ language: "graphql", truth: "lost", type: "mutation", fields: [field] })),
  ...SAFE_FIELDS.map((field): GraphqlSeed => ({ language: "graphql", truth: "safe", type: "query", fields: [field] })),
];
