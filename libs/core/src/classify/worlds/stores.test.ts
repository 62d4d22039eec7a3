import { describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyShell } from "../shell/shell.ts";

await prepareClassifiers();

/** With the canonical operation of the worst that is found. */
const LOSSES: readonly (readonly [text: string, operation: string])[] = [
  ["TRUNCATE users;", "sql.truncate"],
  ["kafka-topics.sh --delete --topic t --bootstrap-server b", "kafka.delete"],
  ["kafka-configs.sh --alter --entity-type topics --entity-name t --add-config retention.ms=1000 --bootstrap-server b", "kafka.retention"],
  ["kafka-consumer-groups.sh --reset-offsets --to-earliest --execute --group g --topic t", "kafka.delete"],
  ["kafka-streams-application-reset --application-id a --input-topics t", "kafka.reset-offsets"],
  ["kafka-server-stop.sh", "kafka.stop"],
  ["rpk topic delete t", "kafka.delete"],
  ["rpk topic trim-prefix t -o end", "kafka.delete"],
  ["rpk group delete g", "kafka.delete"],
  ["rpk cluster config set delete_topic_enable false && rpk acl delete --operation all", "kafka.delete"],
  ["rabbitmqctl delete_queue q", "rabbitmq.reset"],
  ["rabbitmqctl delete_vhost v", "rabbitmq.reset"],
  ["rabbitmqadmin delete exchange name=x", "rabbitmq.delete"],
  ["rabbitmqadmin purge queue name=q", "rabbitmq.delete"],
  ["rabbitmqctl stop", "rabbitmq.reset"],
  ["rabbitmqctl close_all_connections x", "rabbitmq.reset"],
  ["rabbitmq-plugins disable rabbitmq_management", "rabbitmq.reset"],
  ["nats stream purge s -f", "nats.delete"],
  ["nats stream rm s", "nats.delete"],
  ["nats consumer rm s c", "nats.delete"],
  ["nats kv del b k", "nats.delete"],
  ["nats kv purge b k", "nats.delete"],
  ["nats object rm b o", "nats.delete"],
  ["nats stream edit s --max-age 1s", "nats.retention"],
  ["nats server raft step-down", "nats.delete"],
  ["pulsar-admin topics delete persistent://t/n/x", "broker.delete"],
  ["pulsar-admin namespaces delete t/n", "broker.delete"],
  ["pulsar-admin topics clear-backlog x -s s", "broker.delete"],
  ["pulsar-admin topics skip-all x", "broker.delete"],
  ["celery -A app purge -f", "broker.delete"],
  ["rq empty default", "broker.delete"],
  ["temporal workflow terminate -w w", "broker.delete"],
  ["temporal workflow delete -w w", "broker.delete"],
  ["zkCli.sh -server z deleteall /kafka", "zookeeper.delete"],
  ["zookeeper-shell.sh localhost:2181 deleteall /brokers", "zookeeper.delete"],
  ["echo flush_all | nc localhost 11211", "memcached.send-destroying"],
  ["redis-cli -h h --cluster del-node h:1 id", "redis.cluster"],
  ["redis-cli --scan --pattern 'x:*' | xargs redis-cli del", "redis.del"],
  ["redis-cli xgroup destroy s g", "redis.del"],
  ["redis-cli debug sleep 100", "redis.shutdown"],
  ["redis-cli acl deluser u", "redis.del"],
  ["redis-cli json.del k", "redis.del"],
  ["redis-cli ft.dropindex i DD", "redis.del"],
  ["mongosh --eval 'db.users.drop()'", "mongodb.drop"],
  ["mongosh --eval 'db.users.deleteMany({})'", "mongodb.delete-all"],
  ["mongosh --eval 'use admin; db.shutdownServer()'", "mongodb.shutdown"],
  ["mongosh --eval 'rs.remove(\"h\")'", "mongodb.replica-set"],
  ["mongosh --eval 'db.dropUser(\"u\")'", "mongodb.drop"],
  ["mongosh --eval 'db.users.updateMany({}, {$unset:{a:1}})'", "mongodb.unset"],
  ["mongosh --eval 'sh.removeShard(\"x\")'", "mongodb.drop"],
  ["mongosh db <<EOF\ndb.users.drop()\nEOF", "mongodb.drop"],
  ["hdfs dfs -rm -r -skipTrash /data", "hadoop.rm"],
  ["hadoop fs -rm -r /data", "hadoop.rm"],
  ["hdfs namenode -format", "hadoop.format"],
  ["hdfs dfsadmin -safemode leave && hdfs dfs -expunge", "hadoop.rm"],
  ["hbase shell <<< \"drop 'users'\"", "hbase.drop"],
  ["hive -e 'DROP TABLE t'", "sql.drop-table"],
  ["beeline -u u -e 'DROP DATABASE d CASCADE'", "sql.drop-database"],
  ["trino --execute 'DROP TABLE t'", "sql.drop-table"],
  ["cockroach sql -e 'DROP DATABASE d'", "sql.drop-database"],
  ["cockroach node decommission 1", "cockroachdb.node"],
  ["cqlsh -e 'DROP KEYSPACE k'", "sql.drop-keyspace"],
  ["cqlsh -e 'TRUNCATE t'", "sql.truncate"],
  ["nodetool decommission", "cassandra.decommission"],
  ["nodetool removenode x", "cassandra.decommission"],
  ["nodetool clearsnapshot", "cassandra.decommission"],
  ["couchbase-cli bucket-delete -c h --bucket b", "data-platform.delete"],
  ["couchbase-cli bucket-flush -c h --bucket b", "data-platform.delete"],
  ["neo4j-admin database load d --overwrite-destination=true", "graph.delete"],
  ["cypher-shell \"MATCH (n) DETACH DELETE n\"", "graph.delete"],
  ["arangosh --javascript.execute-string 'db._drop(\"x\")'", "graph.delete"],
  ["tiup cluster destroy c", "data-platform.delete"],
  ["airflow db reset -y", "data-platform.delete"],
  ["airflow db clean --clean-before-timestamp x", "data-platform.delete"],
  ["airflow dags delete d", "data-platform.delete"],
  ["dbt run-operation drop_old", "data-platform.delete"],
  ["snowsql -q 'DROP DATABASE d'", "sql.drop-database"],
  ["databricks workspace delete /x --recursive", "data-platform.delete"],
  ["databricks clusters permanent-delete c", "data-platform.delete"],
  ["databricks fs rm -r dbfs:/x", "data-platform.delete"],
  ["sqlite3 x.db 'DROP TABLE t'", "sql.drop-table"],
  ["pg_dropcluster 14 main --stop", "postgresql.resetwal"],
  ["pgbackrest stanza-delete --stanza=m", "pgbackrest.expire"],
  ["redis-cli -a p FLUSHALL ASYNC", "redis.flush"],
  ["redis-cli DEBUG SEGFAULT", "redis.shutdown"],
  ["mongosh mydb --eval \"db.c.remove({})\"", "mongodb.delete-all"],
  ["mongosh --eval \"db.getSiblingDB('x').dropDatabase()\"", "mongodb.drop"],
  ["mysql -e \"DROP TABLE t\"", "sql.drop-table"],
  ["mysql db -e \"DELETE FROM t\"", "sql.delete-all"],
  ["mysqladmin -u root -p drop db", "mysql.admin-drop"],
  ["sqlite3 db.sqlite \"DELETE FROM t;\"", "sql.delete-all"],
  ["psql -c \"ALTER TABLE t DROP COLUMN c\"", "sql.drop-column"],
  ["psql -c \"DROP SCHEMA public CASCADE\"", "sql.drop-schema"],
  ["psql -c \"DROP ROLE r\"", "sql.drop-role"],
  ["pg_restore --clean --if-exists -d db f", "postgresql.restore-clean"],
  ["redis-cli -u redis://h:6379 flushall", "redis.flush"],
  ["redis-cli -n 3 --no-auth-warning flushdb", "redis.flush"],
  ["redis-cli EVAL \"return redis.call('FLUSHALL')\" 0", "redis.eval-destroy"],
  ["mongosh \"mongodb://h/db\" --quiet --eval 'db.dropDatabase()'", "mongodb.drop"],
  ["mongosh --file drop.js && mongo db --eval 'db.orders.drop()'", "mongodb.drop"],
  ["psql \"$DATABASE_URL\" -c 'DROP TABLE users CASCADE'", "sql.drop-table"],
  ["psql -h h -U u -d d <<'SQL'\nBEGIN;\nDELETE FROM users;\nCOMMIT;\nSQL", "sql.delete-all"],
  ["mysql -h h -u u -p db <<< 'DROP TABLE t'", "sql.drop-table"],
  ["sqlite3 app.db <<EOF\nDROP TABLE t;\nEOF", "sql.drop-table"],
  ["kafka-acls.sh --bootstrap-server b --remove --topic t", "kafka.delete"],
  ["kafka-delete-records --bootstrap-server b --offset-json-file f", "kafka.delete-records"],
  ["kafkactl delete topic t", "broker.delete"],
  ["rabbitmqctl -n r@h purge_queue q", "rabbitmq.reset"],
  ["rabbitmqadmin -H h -u u -p p delete queue name=q", "rabbitmq.delete"],
  ["rabbitmqctl force_reset", "rabbitmq.reset"],
  ["nats --server h stream delete s --force", "nats.delete"],
  ["nats str purge s", "nats.delete"],
  ["pgbackrest --stanza=m stanza-delete --force", "pgbackrest.expire"],
];

/** Nothing is lost yet, but what would bring it back is: with the rule's id. */
const UNPROTECTED: readonly (readonly [text: string, rule: string])[] = [
  ["redis-cli config set save \"\"", "protection.redis.unprotect"],
  ["redis-cli config set appendonly no", "protection.redis.unprotect"],
];

/** Neighbours: nothing in them is beyond repair. */
const HARMLESS: readonly string[] = [
  "kafka-topics.sh --list --bootstrap-server b",
  "kafka-topics.sh --create --topic t --bootstrap-server b",
  "kafka-consumer-groups.sh --describe --group g",
  "kafka-console-consumer.sh --topic t --from-beginning",
  "rpk topic list",
  "rpk topic create t",
  "rabbitmqctl list_queues",
  "rabbitmqadmin list queues",
  "nats stream ls",
  "nats stream info s",
  "nats pub a b",
  "nats kv get b k",
  "nats stream add s",
  "nats consumer next s c",
  "pulsar-admin topics list t/n",
  "celery -A app worker",
  "celery -A app inspect active",
  "temporal workflow list",
  "redis-cli ping",
  "redis-cli get a",
  "redis-cli info",
  "redis-cli config get save",
  "redis-cli --scan",
  "mongosh --eval 'db.users.find()'",
  "mongosh --eval 'db.users.deleteOne({_id:1})'",
  "mongosh --eval 'db.users.insertOne({a:1})'",
  "mongodump --db d",
  "hdfs dfs -ls /",
  "hdfs dfs -put a /b",
  "hbase shell <<< \"list\"",
  "nodetool status",
  "nodetool snapshot",
  "cypher-shell \"MATCH (n) RETURN n LIMIT 1\"",
  "airflow dags list",
  "airflow tasks test d t 2020-01-01",
  "dbt run",
  "dbt test",
  "databricks clusters list",
  "databricks fs ls dbfs:/",
  "tiup cluster display c",
];

describe("stores, queues and data platforms: losses", () => {
  it.each(LOSSES)("%s", (text, operation) => {
    const { worst } = classifyShell(text);
    expect({ operation: worst.operation, reversibility: worst.reversibility }).toEqual({ operation, reversibility: "irreversible" });
  });
});

describe("stores, queues and data platforms: protection that is taken away", () => {
  it.each(UNPROTECTED)("%s", (text, rule) => {
    const { worst } = classifyShell(text);
    expect({ rule: worst.rule, reversibility: worst.reversibility }).toEqual({ rule, reversibility: "irreversible" });
  });
});

describe("stores, queues and data platforms: harmless neighbours", () => {
  it.each(HARMLESS)("%s", (text) => {
    const { verdicts } = classifyShell(text);
    expect(verdicts.filter(({ reversibility, effect }) => reversibility === "irreversible" && effect !== "read")).toEqual([]);
  });
});
