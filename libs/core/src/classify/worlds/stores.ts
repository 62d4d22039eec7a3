/** Databases, queues and search, by the tools that administer them. SQL itself is language and judged by its grammar. */
import { builds, creates, destroys, governs, overwrites, publishes, reads, runs, type World, writes } from "./world.ts";

const DUMP = "Dump it first, in a place that this credential cannot reach.";

const REDIS: World = {
  name: "redis",
  programs: "redis-cli valkey-cli keydb-cli",
  withValue: "-p -a -n -u -s --user --pass  -r -i  --pattern",
  place: "-h",
  readsLines: true,
  rules: [
    destroys("", "Deletes every key.", { command: /^(flushall|flushdb)\b/i, name: "flush", safer: DUMP }),
    destroys("", "Deletes keys.", { command: /^(del|unlink|getdel|hdel|ltrim|xtrim|zremrangebyrank)\s/i, name: "del" }),
    destroys("", "Stops the server or drops its state.", { command: /^(shutdown|debug|cluster reset|script flush|replicaof|slaveof|failover|swapdb|migrate)\b/i, name: "shutdown" }),
    runs("", "Runs a script in the server.", { command: /^(eval|evalsha|fcall|module load|--eval)\b/i, name: "eval" }),
    governs("", "Changes the server's settings or users.", { command: /^(config set|acl|config rewrite|config resetstat|client kill)\b/i, name: "admin" }),
    reads("", "Reads keys.", { command: /^(get|mget|keys|scan|info|ping|ttl|type|exists|hget|hgetall|lrange|llen|smembers|zrange|xrange|dbsize|monitor|client list|config get|memory|slowlog|time|strlen|scard|zcard|pttl|object|latency|lastsave|role)\b/i, name: "read" }),
    writes("", "Writes keys.", { command: /^(m?set\w*|h[mk]?set|lpush|rpush|sadd|zadd|incr\w*|decr\w*|expire\w*|append|xadd|rename|lpop|rpop|spop|persist|bgsave|save|hincrby)\b/i, name: "write" }),
    publishes("", "Publishes a message.", { command: /(^|\s)publish\s/i, name: "publish" }),
    runs("", "Runs a script in the server.", { flags: "--eval", name: "eval" }),
    reads("", "Samples keys.", { flags: "--scan|--bigkeys|--stat|--latency", name: "read" }),
    runs("", "Opens a client, or sends what its input holds.", { name: "interactive" }),
  ],
};

const MONGO: World = {
  name: "mongodb",
  programs: "mongosh mongo",
  withValue: "-u -p --username --password --port --eval --authenticationDatabase -f --file",
  place: "--host",
  readsLines: true,
  rules: [
    destroys("", "Drops a database or collection.", { text: /\.(dropDatabase|drop|dropCollection|dropIndexes|dropUser|dropAllUsersFromDatabase)\s*\(/, name: "drop", safer: DUMP }),
    destroys("", "Deletes every document of a collection.", { text: /\.(deleteMany|remove)\s*\(\s*(\{\s*\})?\s*\)/, name: "delete-all", safer: "Give the filter that you mean; count it first." }),
    writes("", "Deletes the documents that a filter selects.", { text: /\.(deleteMany|deleteOne|remove|findOneAndDelete)\s*\(/, name: "delete" }),
    overwrites("", "Changes every document.", { text: /\.updateMany\s*\(\s*\{\s*\}/, name: "update-all" }),
    destroys("", "Stops the server.", { text: /shutdownServer|shutdown\s*:/, name: "shutdown" }),
    governs("", "Changes users or rights.", { text: /\.(createUser|updateUser|grantRolesToUser|createRole|revokeRolesFromUser)\s*\(/, name: "admin" }),
    writes("", "Writes documents.", { text: /\.(insert\w*|update\w*|replaceOne|save|bulkWrite|createIndex|createCollection|renameCollection)\s*\(/, name: "write" }),
    reads("", "Reads documents.", { text: /\.(find|findOne|count\w*|aggregate|distinct|stats|getCollection\w*|listCollections|getUsers|explain|serverStatus|version|getIndexes|status)\b|\bshow (dbs|collections|users)/, name: "read" }),
    runs("", "Opens a client, or runs a file.", { name: "interactive" }),
  ],
};

const ADMIN_TOOLS: readonly World[] = [
  { name: "postgresql", programs: "dropdb dropuser", withValue: "-p -U --username --port --maintenance-db -O", place: "-h --host", rules: [destroys("", "Drops a database or role.", { name: "dropdb", safer: DUMP })] },
  { name: "postgresql", programs: "createdb createuser initdb", withValue: "-p -U -O -T -D -E", place: "-h", rules: [creates("", "Makes a database, role or cluster.", { name: "createdb" })] },
  {
    name: "postgresql",
    programs: "pg_restore",
    withValue: "-p -U -j -n -t -f --port --username --jobs -F --format -L",
    place: "-h --host -d --dbname",
    rules: [
      destroys("", "Drops what the archive holds before restoring it.", { flags: "-c|--clean", name: "restore-clean", safer: "Restore into a new database." }),
      reads("", "Lists an archive.", { flags: "-l|--list", name: "restore-list" }),
      writes("", "Loads an archive.", { name: "restore" }),
    ],
  },
  { name: "postgresql", programs: "pg_dump pg_dumpall pg_basebackup pg_isready pg_config pg_lsclusters pgbench mysqldump mariadb-dump mongodump mongoexport bsondump", withValue: "-p -U -f -F -t -n -j -D", place: "-h --host -d --dbname", rules: [reads("", "Reads a database out.", { name: "dump" })] },
  { name: "postgresql", programs: "pg_resetwal pg_dropcluster pg_rewind", withValue: "-D", rules: [destroys("", "Throws a cluster or its log away.", { name: "resetwal" })] },
  { name: "postgresql", programs: "pg_ctl pg_ctlcluster vacuumdb reindexdb", withValue: "-D -l -m", rules: [reads("status", "Shows the state."), writes("", "Controls the server.", { name: "control" })] },
  { name: "mysql", programs: "mysqladmin mariadb-admin", withValue: "-u -P  -S", place: "-h --host", rules: [destroys("", "Drops a database or stops the server.", { text: /(^|\s)(drop|shutdown|kill|flush-\w+)\b/, name: "admin-drop" }), reads("", "Shows the state.", { text: /(^|\s)(status|ping|version|processlist|extended-status|variables)\b/, name: "admin-status" }), governs("", "Controls the server.", { name: "admin" })] },
  { name: "mongodb", programs: "mongorestore mongoimport", withValue: "--uri --db --collection -d -c --file", place: "--host -h", rules: [destroys("", "Drops collections before restoring them.", { flags: "--drop", name: "restore-drop", safer: "Restore into a new database." }), writes("", "Loads documents.", { name: "restore" })] },
  {
    name: "kafka",
    programs: "kafka-topics kafka-topics.sh kafka-consumer-groups kafka-consumer-groups.sh kafka-configs kafka-configs.sh kafka-acls kafka-acls.sh kafka-delete-records kafka-delete-records.sh rpk kcat",
    withValue: "--bootstrap-server --topic --group --entity-name --entity-type --add-config --delete-config --partitions",
    rules: [
      destroys("", "Deletes topics, groups, records or rights.", { flags: "--delete|--reset-offsets|--remove", name: "delete" }),
      destroys("topic|group delete", "Deletes topics or groups.", { name: "delete" }),
      destroys("", "Makes records expire at once.", { text: /retention\.(ms|bytes)=\d{1,5}\b/, name: "retention" }),
      destroys("", "Deletes records.", { flags: "--offset-json-file", name: "delete-records" }),
      destroys("", "Takes a setting away, retention perhaps.", { flags: "--delete-config", name: "delete-config" }),
      reads("", "Lists topics or groups.", { flags: "--list|--describe|-L|-C", name: "list" }),
      reads("topic|cluster|group list|describe|info|consume", "Reads the cluster.", { name: "list" }),
      writes("", "Changes topics, groups or rights.", { name: "change" }),
    ],
  },
  { name: "rabbitmq", programs: "rabbitmqctl rabbitmqadmin", withValue: "-n -p -u -H", rules: [destroys("reset|force_reset|delete_queue|purge_queue|delete_vhost|delete_user|stop_app|forget_cluster_node|clear_policy|clear_permissions|clear_parameter", "Deletes queues, messages or users."), destroys("delete|purge *", "Deletes queues or messages."), reads("list_queues|list_users|list_vhosts|status|cluster_status|list_exchanges|list_bindings|list|get|show|environment|report|list_permissions", "Reads the broker."), publishes("publish", "Publishes a message."), governs("", "Changes the broker.", { name: "change" })] },
  { name: "nats", programs: "nats", withValue: "-s --server --context", rules: [destroys("stream|consumer|kv|object rm|delete|purge|del", "Deletes messages or streams.", { name: "delete" }), publishes("pub|publish|request", "Publishes a message.")] },
  { name: "etcd", programs: "etcdctl consul", withValue: "--endpoints --cacert --cert --key -http-addr -token", rules: [destroys("del|rm|rmdir|snapshot restore", "Deletes keys."), destroys("kv delete", "Deletes keys."), destroys("member remove", "Takes a member from the cluster."), reads("kv get|export", "Reads keys.", { name: "kv-get" }), writes("kv|member|put|set|snapshot", "Writes keys."), reads("get|ls|watch|endpoint|members|catalog|info|version", "Reads keys.")] },
  { name: "minio", programs: "mc mcli s3cmd s5cmd azcopy", withValue: "--config-dir -c --profile --endpoint-url", rules: [destroys("rm|rb|del|undo|retention|ilm", "Deletes objects or buckets."), destroys("mirror|sync", "Deletes at the target what the source does not hold.", { flags: "--remove|--delete-removed|--delete|--overwrite|--delete-destination", name: "mirror-remove" }), reads("ls|cat|stat|du|find|head|tree|diff|info", "Reads objects."), writes("cp|mv|put|get|mb|mirror|sync|pipe", "Copies objects.")] },
];

export const STORES: readonly World[] = [REDIS, MONGO, ...ADMIN_TOOLS, { name: "dump", programs: "litestream dolt", withValue: "-config", rules: [builds("replicate|sql-server", "Runs a database.")] }];
