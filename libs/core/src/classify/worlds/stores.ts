/** Databases, queues and search, by the tools that administer them. SQL itself is language and judged by its grammar. */
import { builds, creates, destroys, governs, overwrites, publishes, reads, runs, unprotects, type World, writes } from "./world.ts";

const DUMP = "Dump it first, in a place that this credential cannot reach.";

const REDIS: World = {
  name: "redis",
  programs: "redis-cli valkey-cli keydb-cli",
  withValue: "-p -a -n -u -s --user --pass  -r -i  --pattern --cluster",
  place: "-h",
  readsLines: true,
  rules: [
    destroys("", "Deletes every key.", { command: /^(flushall|flushdb)\b/i, name: "flush", safer: DUMP }),
    destroys("", "Deletes keys.", { command: /^(del|unlink|getdel|hdel|ltrim|xtrim|zremrangeby\w+|xdel|json\.(del|forget|clear)|ft\.(dropindex|drop|alter)|ts\.del|xgroup (destroy|delconsumer)|function (delete|flush)|acl deluser|script kill)\s/i, name: "del" }),
    destroys("", "Stops the server or drops its state.", { command: /^(shutdown|debug|cluster (reset|forget|flushslots|delslots|failover)|script flush|replicaof|slaveof|failover|swapdb|migrate)\b/i, name: "shutdown" }),
    unprotects("", "Stops keeping data on disk, or lets anybody in.", { command: /^config set (save ["']?["']?$|appendonly no|requirepass ["']?["']?$|protected-mode no|dir |dbfilename |maxmemory-policy allkeys|slaveof)/i, name: "unprotect" }),
    destroys("", "Takes a node from the cluster.", { flags: "--cluster", text: /--cluster (del-node|reshard|call|import|fix|set-timeout)\b/, name: "cluster" }),
    destroys("", "Runs a script in the server that deletes keys.", { command: /^(eval|evalsha|fcall)\b[^]*\b(flushall|flushdb|del|unlink)\b/i, name: "eval-destroy" }),
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
    destroys("", "Drops a database or collection.", { text: /\.(dropDatabase|drop|dropCollection|dropIndex|dropIndexes|dropUser|dropRole|dropAllUsersFromDatabase|dropAllRolesFromDatabase|removeShard|compactStructuredEncryptionData)\s*\(|\b(dropDatabase|drop|dropIndexes|dropUser|dropAllUsersFromDatabase)["']?\s*:/, name: "drop", safer: DUMP }),
    destroys("", "Deletes every document of a collection.", { text: /\.(deleteMany|remove)\s*\(\s*(\{\s*\}\s*)?\)/, name: "delete-all", safer: "Give the filter that you mean; count it first." }),
    destroys("", "Takes a member from the replica set, or forces another set-up on it.", { text: /\brs\.(remove|reconfig|stepDown|freeze)\s*\(/, name: "replica-set" }),
    overwrites("", "Takes a field, or a collection's name, from every document.", { text: /\$unset\b|\.renameCollection\s*\([^)]*true|\$out\b/, name: "unset" }),
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
  { name: "etcd", programs: "etcdctl consul", withValue: "--endpoints --cacert --cert --key -http-addr -token", rules: [destroys("del|rm|rmdir|snapshot restore", "Deletes keys."), destroys("kv delete", "Deletes keys."), destroys("member remove", "Takes a member from the cluster."), destroys("leave|force-leave|maint|lock|acl|config|services|intention|session", "Takes a node, a rule or a service from the cluster.", { text: /^(leave|force-leave)|\b(delete|deregister|destroy)\b|-enable/, name: "leave" }), reads("acl|config|services|intention|members|operator|monitor|catalog|version|info|validate|keyring *", "Reads the cluster.", { name: "read" }), reads("kv get|export", "Reads keys.", { name: "kv-get" }), writes("kv|member|put|set|snapshot", "Writes keys."), reads("get|ls|watch|endpoint|members|catalog|info|version", "Reads keys.")] },
  { name: "minio", programs: "mc mcli s3cmd s5cmd azcopy b2 s4cmd obsutil ossutil coscli", withValue: "--config-dir -c --profile --endpoint-url", rules: [unprotects("version|retention|legalhold|encrypt|ilm|anonymous|policy|quota|replicate *", "Takes versioning, a hold or a limit from a bucket, or makes its objects expire or public.", { text: /^(version (suspend|disable)|retention (clear|set)|legalhold clear|encrypt clear|ilm (add|rule|import|edit|rm)|anonymous set|policy set|quota clear|replicate (rm|backlog|reset))\b(?! (ls|list))/, name: "unprotect" }), destroys("admin user|policy|group|service|bucket|kms|config|replicate|rebalance|decommission|accesskey|cluster|tier|prometheus remove|rm|disable|unset|detach|stop|restart|reset|start|*", "Takes a user, a right or a node from the server.", { text: /\b(remove|rm|disable|unset|detach|stop|reset|decommission start|delete)\b/, name: "admin" }), destroys("rm|rb|del|undo|retention|ilm|remove", "Deletes objects or buckets."), destroys("admin|support|idp|event|tag|alias|replicate|share|batch remove|rm|reset|cancel", "Takes a setting away.", { name: "setting-remove" }), destroys("mirror|sync", "Deletes at the target what the source does not hold.", { flags: "--remove|--delete-removed|--delete|--overwrite|--delete-destination", name: "mirror-remove" }), destroys("", "Deletes at the target what the source does not hold, or buckets and objects.", { text: /--(delete|delete-removed|remove|replace-newer|allow-emptied-directories)\b[^]*|^(delete-bucket|delete-file-version|hide-file|cancel-all-unfinished-large-files|delete-key|bucket delete|file delete|key delete|delete|setlifecycle|expire|delpolicy|dellifecycle)\b/, name: "delete" }), reads("ls|cat|stat|du|find|head|tree|diff|info|list-buckets|get-bucket|bucket|file|account|admin|la|signurl|ping|ready|alias", "Reads objects."), writes("cp|mv|put|get|mb|mirror|sync|pipe", "Copies objects.")] },
];

export const STORES: readonly World[] = [REDIS, MONGO, ...ADMIN_TOOLS, { name: "dump", programs: "litestream dolt", withValue: "-config", rules: [builds("replicate|sql-server", "Runs a database.")] }];
