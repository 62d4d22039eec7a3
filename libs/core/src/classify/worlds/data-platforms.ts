/** Data platforms: lakes, warehouses, schedulers and the databases beside the common ones. */
import { destroys, reads, runs, type World, writes } from "./world.ts";

const TRASHED = "Leave -skipTrash out: the trash keeps it for a while.";

export const DATA_PLATFORMS: readonly World[] = [
  {
    name: "hadoop",
    programs: "hdfs hadoop",
    withValue: "-conf -fs",
    rules: [
      destroys("", "Deletes files, or empties the trash that would bring them back.", { text: /(^|\s)-(rm|rmr|rmdir|expunge|truncate|deleteSnapshot|skipTrash)\b/, name: "rm", safer: TRASHED }),
      destroys("", "Formats or stops a name node, or takes nodes away.", { text: /(^|\s)-(format|rollback|finalize|importCheckpoint|clusterid|shutdownDatanode|deleteBlockPool|clrQuota|clrSpaceQuota|initializeSharedEdits|forceActive|removeDefaultAcl|disallowSnapshot|delete)\b/, name: "format" }),
      destroys("distcp *", "Deletes at the target what the source does not hold.", { flags: "-delete|-overwrite", name: "distcp-delete" }),
      reads("", "Reads files or the state of the cluster.", { command: /(^|\s)-(ls|lsr|cat|text|tail|head|du|df|count|stat|test|find|checksum|getfacl|getfattr|report|printTopology|get|copyToLocal|help|usage|list)\b|^(version|classpath|fsck|getconf|groups)/, name: "read" }),
      writes("", "Writes files.", { name: "write" }),
    ],
  },
  { name: "hbase", programs: "hbase phoenix-sqlline", withValue: "", readsLines: true, rules: [destroys("", "Drops, empties or disables tables.", { text: /\b(drop|drop_all|disable_all|truncate|truncate_preserve|deleteall|delete|delete_snapshot|delete_all_snapshot|drop_namespace|remove_peer|clone_snapshot|restore_snapshot|disable)\b\s+['"]/, name: "drop" }), destroys("hbck|clean|snapshot", "Rewrites or deletes what the cluster stores.", { text: /--clean\w*|-repair|-fix\w*|\bclean\b|-delete/, name: "clean" }), reads("", "Reads tables.", { text: /\b(list|scan|get|describe|status|count|exists|version|whoami|desc)\b/, name: "read" }), runs("", "Opens a client.", { name: "interactive" })] },
  {
    name: "cassandra",
    programs: "nodetool scylla sstableutil sstablescrub",
    withValue: "-h -p -u -pw",
    rules: [
      destroys("decommission|removenode|assassinate|clearsnapshot|drain|stopdaemon|disablebinary|disablegossip|disableautocompaction|disablebackup|truncatehints|resetlocalschema|rebuild|move|cleanup|garbagecollect|disablehandoff|stop|invalidatecredentialscache", "Takes a node, its backups or its data from the cluster."),
      reads("status|info|ring|describecluster|tpstats|tablestats|cfstats|netstats|compactionstats|listsnapshots|gossipinfo|version|describering|getendpoints|gettimeout|proxyhistograms|statusbinary|help", "Reads the cluster."),
      writes("snapshot|flush|repair|compact|refresh|enablebinary|enablegossip|upgradesstables|scrub|set*|enablebackup", "Maintains the cluster."),
    ],
  },
  {
    name: "graph",
    programs: "neo4j-admin neo4j cypher-shell arangosh arangorestore dgraph gremlin orientdb-console",
    withValue: "-u -p -a -d -f --database --javascript.execute-string --server.endpoint --server.database --file --address",
    readsLines: true,
    rules: [
      destroys("", "Deletes or overwrites a graph.", { text: /\bdelete\b|\bdrop\b|\bremove\b|_drop\w*\(|\.truncate\(|\.drop\(|--overwrite-destination|--create-database\s+true|--overwrite\s+true|unbind|\bstop\b|drop_all|dropAll/i, name: "delete", safer: "Dump it first." }),
      reads("", "Reads a graph.", { text: /^["']?\s*(match|return|show|call db|explain|profile|status|version|help|check|memrec|report|server report|database (info|dump|check))\b(?![^]*\b(set|create|merge|detach)\b)/i, name: "read" }),
      runs("", "Runs a query or a tool.", { name: "run" }),
    ],
  },
  {
    name: "data-platform",
    programs: "databricks airflow astro prefect dagster dbt tiup tidb couchbase-cli cbbackupmgr surreal edgedb-cli rethinkdb scylla-manager crate questdb timescaledb-tune pinot druid nifi-toolkit kfctl mlflow wandb dvc lakectl nessie minio-client ceph rados rbd radosgw-admin gluster lfs drbdadm pcs crm corosync-cfgtool crm_resource stolonctl patronictl repmgr pg_autoctl orchestrator-client vtctlclient vtctldclient pt-archiver pt-online-schema-change gh-ost sling redshift-cli",
    withValue: "-c --cluster -n --name --profile --bucket -u --username -p --password --host --port -d --dag-id --archive --repo -t --target --vars --pool",
    place: "--env --environment --target --profile",
    verbDepth: 4,
    rules: [
      destroys("", "Deletes, empties or winds back what the platform holds, or takes a node from it.", { verb: /(^|\s)([a-z]+[:_-])?(delete|destroy|rm|remove|drop\w*|purge|wipe|clean|clear|reset|permanent-delete|bucket-delete|bucket-flush|server-remove|failover|rebalance-out|reinit|unregister|down|scale-in|prune|terminate|revert|rollback|zap|lost|out|snap-remove|trash-purge|rmi|gc|decommission|DeleteTablet|DeleteShard|DeleteKeyspace|EmergencyReparentShard|invalidate|pause-all|switchover)([:_-]\w+)*(\s|$)|--purge\b|--no-safety-check/, without: "--dry-run|--check", name: "delete", safer: "List what it holds, and back it up, first." }),
      destroys("", "Rebuilds every table from its source.", { flags: "--full-refresh", name: "full-refresh" }),
      reads("", "Reads the platform.", { verb: /(^|\s)([a-z]+[:_-])?(list\w*|ls|get|show|describe|status|info|version|help|display|state|next-execution|test|docs|debug|compile|parse|df|health|tree|stat|export|log|logs|cat|report|history|topology|query)([:_-]\w+)*(\s|$)/, name: "read" }),
      runs("", "Changes or runs what the platform holds.", { name: "run" }),
    ],
  },
];
