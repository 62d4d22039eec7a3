import { describe, expect, it } from "vitest";
import { classifySql } from "./sql.ts";
import { prepareClassifiers } from "./prepare.ts";

await prepareClassifiers();

/** `lost`: something is gone for good. `kept`: nothing is, for all that the text shows; it may still be a change or unknown. `read`: nothing changes. */
type Case = readonly [verdict: "lost" | "kept" | "read", text: string];

const POSTGRES: readonly Case[] = [
  ["lost", "do $$ begin delete from sessions; end $$"],
  ["lost", "do $body$ declare r record; begin for r in select tablename from pg_tables loop execute 'drop table ' || quote_ident(r.tablename) || ' cascade'; end loop; end $body$"],
  ["lost", "do language plpgsql $$ begin execute format('truncate %I.%I', 'public', 'orders'); end $$"],
  ["lost", "do $$ begin if exists (select 1 from flags) then update users set active = false; end if; end $$"],
  ["kept", "do $$ begin raise notice 'drop table users'; end $$"],
  ["kept", "do $$ begin if not exists (select 1 from pg_roles) then create role app; end if; end $$"],
  ["kept", "do $$ begin delete from sessions where id = 1; end $$"],
  ["kept", "create function wipe() returns void as $$ begin delete from users; end $$ language plpgsql"],
  ["lost", "create function wipe() returns void as $$ begin delete from users; end $$ language plpgsql; select wipe()"],
  ["lost", "create procedure wipe() language sql as 'truncate users'; call wipe()"],
  ["lost", "select dblink('dbname=shop', 'delete from orders')"],
  ["lost", "select cron.schedule('nightly', '0 3 * * *', 'truncate audit_log')"],
  ["kept", "select cron.schedule('nightly', '0 3 * * *', 'vacuum audit_log')"],
  ["lost", "select query_to_xml('drop table users', true, true, '')"],
  ["lost", "with d as (delete from a where id = 1 returning *), e as (delete from b) select 1"],
  ["lost", "with t as (select 1) update users set banned = true"],
  ["kept", "with old as (select id from users where seen < '2020-01-01') delete from users using old where users.id = old.id"],
  ["lost", "begin; truncate users; rollback;"],
  ["lost", "prepare wipe as delete from users; execute wipe"],
  ["lost", "delete from users where id is not null or id is null"],
  ["lost", "delete from users where id is not null"],
  ["lost", "delete from users where id > 0"],
  ["lost", "delete from users where exists (select 1)"],
  ["lost", "delete from users where id in (select id from users)"],
  ["lost", "delete from users where 1 in (1, 2)"],
  ["lost", "delete from users where 5 between 1 and 9"],
  ["kept", "delete from users where id in (select user_id from bans)"],
  ["kept", "delete from users where id > 1000"],
  ["kept", "delete from users where email is not null"],
  ["lost", "drop index concurrently if exists users_email"],
  ["lost", "drop policy p on users"],
  ["lost", "drop extension postgis cascade"],
  ["lost", "DROP\n\tTABLE\n  users"],
  ["lost", "drop/**/table/**/users"],
  ["lost", "DrOp -- why\n TaBlE users"],
  ["lost", "alter table orders detach partition orders_2020; drop table orders_2020"],
  ["lost", "copy (delete from users returning *) to stdout"],
  ["lost", "explain (analyze, buffers) truncate_all; drop table t"],
  ["lost", "alter table t drop column a, add column b int"],
  ["lost", "alter table only public.t drop if exists a"],
  ["kept", "alter table t drop constraint fk"],
  ["kept", "alter table t rename column a to b"],
  ["kept", "comment on table users is 'drop table users'"],
  ["kept", "insert into notes (body) values ('delete from users')"],
  ["kept", "grant delete, truncate on users to app"],
  ["kept", "create trigger t after delete on users for each row execute function log_it()"],
  ["kept", "create table t (id int references u on delete cascade on update set null)"],
  ["kept", "create rule r as on delete to users where old.id = 1 do instead nothing"],
  ["read", "select * from users for update"],
  ["read", "select $$drop table users$$"],
  ["read", "select $x$; truncate users; $x$"],
  ["read", "select E'it\\'s; drop table users'"],
  ["read", "/* drop table users; /* nested */ truncate x */ select 1"],
  ["read", "explain truncate_log_view"],
  ["read", "explain (costs off) delete from users"],
  ["read", "select \"drop table users\" from t"],
  ["read", "select count(*) as deleted from drop_log where action = 'truncate'"],
];

const MYSQL: readonly Case[] = [
  ["lost", "DROP TABLE IF EXISTS `a`, `b`"],
  ["lost", "drop database if exists `shop`"],
  ["lost", "TRUNCATE `orders`"],
  ["lost", "TRUNCATE orders"],
  ["lost", "DELETE FROM `users`"],
  ["lost", "DELETE FROM users ORDER BY id LIMIT 10"],
  ["lost", "DELETE u FROM users u LEFT JOIN orders o ON o.user_id = u.id"],
  ["lost", "DELETE u, o FROM users u, orders o"],
  ["lost", "DELETE LOW_PRIORITY QUICK IGNORE FROM users"],
  ["lost", "DELETE FROM users WHERE 1"],
  ["lost", "DELETE FROM `users` WHERE 1=1 LIMIT 99999"],
  ["lost", "DELETE FROM `users` WHERE `id` = `id`"],
  ["lost", "DELETE FROM users WHERE 'a' = \"a\""],
  ["lost", "UPDATE users u JOIN teams t ON t.id = u.team SET u.active = 0"],
  ["lost", "UPDATE IGNORE `users` SET `a` = 1"],
  ["lost", "UPDATE users SET note = 'only where needed'"],
  ["lost", "/*!50000 DROP TABLE users */"],
  ["lost", "/*! DROP */ /*!50000 DATABASE */ shop"],
  ["lost", "SELECT 1; /*M!100100 TRUNCATE users */;"],
  ["lost", "SELECT 5--1; DROP TABLE users"],
  ["lost", "SELECT 'it\\''; DROP TABLE users; -- '"],
  ["lost", "/* /* */ DROP TABLE users; -- */"],
  ["lost", "SELECT 1 # comment\n; DROP TABLE users"],
  ["lost", "SELECT 1; -- comment\nDROP TABLE users"],
  ["lost", "DELIMITER //\nDROP TABLE users//\nDELIMITER ;"],
  ["lost", "DELIMITER $$\nCREATE PROCEDURE wipe() BEGIN DELETE FROM users; END$$\nDELIMITER ;\nCALL wipe();"],
  ["lost", "PREPARE s FROM 'DROP TABLE users'; EXECUTE s"],
  ["lost", "SET @q = CONCAT('TRUNCATE TABLE ', @t); PREPARE s FROM @q; EXECUTE s"],
  ["lost", "SET FOREIGN_KEY_CHECKS = 0; DROP TABLE users; SET FOREIGN_KEY_CHECKS = 1"],
  ["lost", "ALTER TABLE users DROP email"],
  ["lost", "ALTER TABLE users ADD x INT, DROP COLUMN email"],
  ["lost", "ALTER TABLE sales DROP PARTITION p2020"],
  ["lost", "ALTER TABLE sales TRUNCATE PARTITION ALL"],
  ["lost", "ALTER TABLE users DISCARD TABLESPACE"],
  ["lost", "ALTER TABLE users ENGINE=BLACKHOLE"],
  ["lost", "RESET MASTER"],
  ["lost", "STOP REPLICA; RESET REPLICA ALL"],
  ["lost", `DROP TABLE users /${"*".repeat(600)}/`],
  ["lost", "PURGE BINARY LOGS BEFORE NOW()"],
  ["lost", "PURGE MASTER LOGS TO 'binlog.000042'"],
  ["lost", "CREATE OR REPLACE TABLE users (id INT)"],
  ["lost", "DROP USER 'app'@'%'"],
  ["lost", "DROP EVENT nightly"],
  ["lost", "SHUTDOWN"],
  ["lost", "CREATE EVENT purge ON SCHEDULE EVERY 1 DAY DO DELETE FROM logs"],
  ["lost", "EXPLAIN ANALYZE DELETE FROM `users`"],
  ["lost", "START TRANSACTION; DELETE FROM `users`; ROLLBACK"],
  ["kept", "DROP TEMPORARY TABLE IF EXISTS scratch"],
  ["kept", "DEALLOCATE PREPARE s"],
  ["kept", "REPLACE INTO `users` VALUES (1, 'a')"],
  ["kept", "REPLACE users SET id = 1"],
  ["kept", "INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 2"],
  ["kept", "INSERT IGNORE INTO `t` VALUES ('drop table users')"],
  ["kept", "DELETE FROM `users` WHERE `id` = 1 LIMIT 1"],
  ["kept", "DELETE u FROM users u JOIN bans b ON b.user_id = u.id WHERE b.kind = 'spam'"],
  ["kept", "UPDATE users SET a = 1 WHERE id = 7 ORDER BY id LIMIT 1"],
  ["kept", "UPDATE `users` SET `where` = 1 WHERE id = 7"],
  ["kept", "ALTER TABLE users DROP INDEX by_email"],
  ["kept", "ALTER TABLE users DROP FOREIGN KEY fk_team, DROP KEY k"],
  ["kept", "ALTER TABLE `users` MODIFY `name` VARCHAR(80)"],
  ["kept", "RENAME TABLE a TO b, c TO d"],
  ["lost", "GRANT ALL PRIVILEGES ON *.* TO 'app'@'%' WITH GRANT OPTION"],
  ["lost", "GRANT ALL ON *.* TO 'app'@'localhost'"],
  ["lost", "GRANT SELECT, SUPER ON *.* TO 'app'@'%'"],
  ["kept", "GRANT ALL PRIVILEGES ON `shop`.* TO 'app'@'%' WITH GRANT OPTION"],
  ["kept", "GRANT SELECT, INSERT ON *.* TO 'app'@'%'"],
  ["kept", "REVOKE ALL PRIVILEGES ON *.* FROM 'app'@'%'"],
  ["kept", "SET GLOBAL max_connections = 500"],
  ["kept", "SET sql_safe_updates = 0"],
  ["kept", "LOAD DATA LOCAL INFILE 'a.csv' REPLACE INTO TABLE users FIELDS TERMINATED BY ','"],
  ["kept", "SELECT * FROM users INTO OUTFILE '/var/lib/mysql-files/users.csv'"],
  ["kept", "FLUSH TABLES WITH READ LOCK"],
  ["kept", "STOP REPLICA"],
  ["kept", "KILL QUERY 42"],
  ["kept", "DELIMITER //\nCREATE TRIGGER t AFTER DELETE ON a FOR EACH ROW BEGIN DELETE FROM b; UPDATE c SET d = 1; END//\nDELIMITER ;"],
  ["kept", "OPTIMIZE TABLE users"],
  ["kept", "SELECT \"'; DROP TABLE users; --\" AS x, `y` FROM `t`"],
  ["read", "SELECT 1 # DROP TABLE users"],
  ["read", "SELECT * FROM `drop table users`"],
  ["read", "SELECT 'it\\'s; DROP TABLE users; -- '"],
  ["read", "SELECT \"DROP TABLE users;\" LIMIT 5, 10"],
  ["read", "-- DROP TABLE users\nSHOW TABLES"],
  ["read", "SHOW CREATE TABLE `users`"],
  ["read", "DESCRIBE `users`"],
  ["read", "EXPLAIN FORMAT=JSON DELETE FROM `users`"],
  ["read", "USE `shop`"],
];

const SQLITE: readonly Case[] = [
  ["lost", "DROP TABLE IF EXISTS [users]"],
  ["lost", "drop table main.users"],
  ["lost", "DELETE FROM [order items]"],
  ["lost", "DELETE FROM users WHERE rowid > 0"],
  ["lost", "UPDATE OR REPLACE users SET a = 1"],
  ["lost", "PRAGMA writable_schema = ON; DELETE FROM sqlite_master WHERE type = 'table'"],
  ["lost", "UPDATE sqlite_schema SET sql = '' WHERE name = 'users'"],
  ["lost", "ALTER TABLE users DROP COLUMN email"],
  ["lost", "ATTACH 'x.db' AS x; DROP TABLE x.users"],
  ["lost", "BEGIN EXCLUSIVE; DELETE FROM users; END"],
  ["lost", "SELECT 'a\\'; DROP TABLE users; -- '"],
  ["lost", "DROP VIEW v; VACUUM"],
  ["kept", "CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; UPDATE c SET d = 1; END"],
  ["kept", "ATTACH DATABASE 'old.db' AS old"],
  ["kept", "DETACH DATABASE old"],
  ["kept", "VACUUM INTO 'backup.db'"],
  ["kept", "PRAGMA foreign_keys = OFF"],
  ["kept", "PRAGMA user_version = 3"],
  ["kept", "PRAGMA writable_schema = 1"],
  ["kept", "REPLACE INTO users VALUES (1)"],
  ["kept", "INSERT OR REPLACE INTO users VALUES (1, 'drop table users')"],
  ["kept", "DELETE FROM users WHERE id = ?1"],
  ["kept", "UPDATE users SET a = @a WHERE id = @id"],
  ["read", "PRAGMA table_info('users')"],
  ["read", "PRAGMA main.integrity_check"],
  ["read", "EXPLAIN QUERY PLAN DELETE FROM users"],
  ["read", "SELECT sql FROM sqlite_master WHERE sql LIKE '%DROP TABLE%'"],
];

const SQL_SERVER: readonly Case[] = [
  ["lost", "DROP DATABASE [Shop]"],
  ["lost", "DROP TABLE IF EXISTS [dbo].[Users]"],
  ["lost", "TRUNCATE TABLE dbo.Users"],
  ["lost", "DELETE dbo.Users"],
  ["lost", "DELETE TOP (1000) FROM dbo.Users"],
  ["lost", "DELETE FROM [dbo].[Users] OUTPUT deleted.*"],
  ["lost", "UPDATE [dbo].[Users] SET [Active] = 0"],
  ["lost", "SELECT 1 DROP TABLE Users"],
  ["lost", "USE Shop\nGO\nDROP TABLE Users\nGO"],
  ["lost", "IF OBJECT_ID('dbo.Users') IS NOT NULL DROP TABLE dbo.Users"],
  ["lost", "IF EXISTS (SELECT 1 FROM x) BEGIN TRUNCATE TABLE y END"],
  ["lost", "WHILE 1 = 1 BEGIN DELETE TOP (500) FROM Logs; IF @@ROWCOUNT = 0 BREAK; END"],
  ["lost", "EXEC('DROP TABLE Users')"],
  ["lost", "EXEC sp_executesql N'TRUNCATE TABLE Users'"],
  ["lost", "DECLARE @s NVARCHAR(MAX) = N'DROP TABLE ' + @t; EXEC (@s)"],
  ["lost", "EXEC sp_MSforeachtable 'DROP TABLE ?'"],
  ["lost", "EXEC xp_cmdshell 'del /q C:\\backup\\*.bak'"],
  ["lost", "RESTORE DATABASE Shop FROM DISK = 'x.bak' WITH REPLACE"],
  ["lost", "BEGIN TRY DROP TABLE Users END TRY BEGIN CATCH END CATCH"],
  ["kept", "EXEC xp_cmdshell 'dir C:\\'"],
  ["kept", "DELETE FROM [Users] WHERE [Id] = 1"],
  ["kept", "UPDATE TOP (1) Users SET a = 1 WHERE Id = 2"],
  ["kept", "BACKUP DATABASE Shop TO DISK = 'x.bak'"],
  ["kept", "CREATE PROCEDURE Wipe AS BEGIN DELETE FROM Users END"],
  ["kept", "ALTER DATABASE Shop SET SINGLE_USER WITH ROLLBACK IMMEDIATE"],
  ["kept", "DISABLE TRIGGER t ON Users"],
  ["kept", "MERGE Users AS t USING s ON t.id = s.id WHEN MATCHED THEN UPDATE SET a = 1;"],
  ["read", "SELECT [drop table x] FROM [Users] -- DROP TABLE Users"],
  ["read", "PRINT 'DROP TABLE Users'"],
];

const OTHERS: readonly (readonly [system: string, ...Case])[] = [
  ["oracle.db", "lost", "DROP TABLE users CASCADE CONSTRAINTS PURGE"],
  ["oracle.db", "lost", "PURGE RECYCLEBIN"],
  ["oracle.db", "lost", "BEGIN EXECUTE IMMEDIATE 'DROP TABLE users'; EXCEPTION WHEN OTHERS THEN NULL; END;\n/"],
  ["oracle.db", "lost", "BEGIN EXECUTE IMMEDIATE q'[TRUNCATE TABLE it's]'; END;"],
  ["oracle.db", "lost", "DELETE users"],
  ["oracle.db", "lost", "DROP USER app CASCADE"],
  ["oracle.db", "lost", "FLASHBACK DATABASE TO TIMESTAMP SYSDATE - 1"],
  ["oracle.db", "lost", "ALTER TABLE users SET UNUSED COLUMN email"],
  ["oracle.db", "kept", "EXPLAIN PLAN FOR DELETE FROM users"],
  ["oracle.db", "read", "SELECT q'[it's; DROP TABLE users]' FROM dual"],
  ["clickhouse", "lost", "ALTER TABLE events DELETE WHERE 1 = 1"],
  ["clickhouse", "lost", "ALTER TABLE events ON CLUSTER main DROP PARTITION '2024-01'"],
  ["clickhouse", "lost", "DROP TABLE events ON CLUSTER main SYNC"],
  ["clickhouse", "lost", "TRUNCATE TABLE IF EXISTS events"],
  ["clickhouse", "kept", "ALTER TABLE events DELETE WHERE day = '2024-01-01'"],
  ["clickhouse", "kept", "OPTIMIZE TABLE events FINAL"],
  ["snowflake", "lost", "CREATE OR REPLACE TABLE users AS SELECT 1"],
  ["snowflake", "lost", "DROP STAGE files"],
  ["snowflake", "kept", "UNDROP TABLE users"],
  ["snowflake", "kept", "CREATE OR REPLACE VIEW v AS SELECT 1"],
  ["bigquery", "lost", "DELETE FROM `shop.main.users` WHERE true"],
  ["bigquery", "lost", "DROP SCHEMA main CASCADE"],
  ["hive", "lost", "INSERT OVERWRITE TABLE users SELECT * FROM staging"],
  ["hive", "lost", "DROP TABLE users PURGE"],
  ["cassandra", "lost", "DROP KEYSPACE shop"],
  ["cassandra", "lost", "TRUNCATE shop.users"],
  ["cassandra", "kept", "DELETE FROM shop.users WHERE id = 1"],
];

/** The text is judged with the system named and without it: what is lost must be seen either way. */
const FAMILIES: Readonly<Record<string, readonly Case[]>> = { postgresql: POSTGRES, mysql: MYSQL, sqlite: SQLITE, "microsoft.sql_server": SQL_SERVER };

/** Texts that another dialect reads otherwise, and that are what they are only where the system is known. */
const NEEDS_SYSTEM = new Set([
  "DELETE FROM users WHERE 'a' = \"a\"", "SELECT 5--1; DROP TABLE users", "SELECT 'it\\''; DROP TABLE users; -- '", "/* /* */ DROP TABLE users; -- */", "SELECT 1 # DROP TABLE users", "SELECT 'it\\'s; DROP TABLE users; -- '", "SELECT 'a\\'; DROP TABLE users; -- '"]);

function expectVerdict(verdict: Case[0], text: string, system?: string): void {
  const { verdicts, worst } = classifySql(text, system);
  const lost = verdicts.filter(({ reversibility, effect }) => reversibility === "irreversible" && effect !== "read").map(({ operation }) => operation);
  if (verdict === "lost") expect(lost).not.toEqual([]);
  else expect(lost).toEqual([]);
  if (verdict === "read") expect({ effect: worst.effect, reversibility: worst.reversibility }).toEqual({ effect: "read", reversibility: "reversible" });
}

describe.each(Object.entries(FAMILIES))("classifySql on %s", (system, cases) => {
  it.each(cases)("%s: %s", (verdict, text) => expectVerdict(verdict, text, system));

  it.each(cases.filter(([verdict, text]) => verdict !== "read" && !NEEDS_SYSTEM.has(text)))("%s, whatever system it is: %s", (verdict, text) => expectVerdict(verdict, text));
});

describe("classifySql on other systems", () => {
  it.each(OTHERS)("%s, %s: %s", (system, verdict, text) => expectVerdict(verdict, text, system));
});

describe("classifySql", () => {
  it("says where in the text, in other dialects too", () => {
    const text = "SELECT 'é'; DROP TABLE `users`; SHOW TABLES";
    const { worst } = classifySql(text, "mysql");
    expect(text.slice(worst.span!.start, worst.span!.end)).toBe("DROP TABLE `users`");
    expect(worst.targets).toEqual([{ kind: "table", id: "users", environment: null }]);
  });

  it.each(["frobnicate the users", "vacuum mystery of", "use shop exec tidy_up", "set @a = 1 exec tidy_up", "show; exec tidy_up", "begin tran exec tidy_up"])("takes %j for unknown: it is no SQL, or runs what is not here", (text) => {
    expect(classifySql(text, "microsoft.sql_server").worst.reversibility).toBe("unknown");
  });

  it("stays within its time for thousands of statements that no grammar takes", () => {
    for (const text of ["delete `;".repeat(1_800), "drop`x`;".repeat(2_000), "execute 'drop table t';".repeat(700), "/*!".repeat(5_000), "begin ".repeat(2_700), "update ".repeat(2_300)]) {
      expect(classifySql(text, "mysql").verdicts.length).toBeGreaterThan(0);
    }
  });
});
