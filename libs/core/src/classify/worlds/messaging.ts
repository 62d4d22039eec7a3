/** Queues, topics and caches, by the tools that administer them. */
import { followedBy } from "../followed-by.ts";
import { destroys, governs, publishes, reads, runs, type World, writes } from "./world.ts";

const BROKERS: readonly World[] = [
  {
    name: "kafka",
    programs: "kafka-topics kafka-topics.sh kafka-consumer-groups kafka-consumer-groups.sh kafka-configs kafka-configs.sh kafka-acls kafka-acls.sh kafka-delete-records kafka-delete-records.sh rpk kcat kafka-streams-application-reset kafka-streams-application-reset.sh kafka-reassign-partitions kafka-reassign-partitions.sh kafka-leader-election kafka-leader-election.sh kafka-console-consumer kafka-console-consumer.sh kafka-console-producer kafka-console-producer.sh kafka-broker-api-versions.sh kafka-log-dirs.sh kafka-dump-log.sh",
    withValue: "--bootstrap-server --topic --group --entity-name --entity-type --add-config --delete-config --partitions",
    rules: [
      destroys("", "Deletes topics, groups, records or rights.", { flags: "--delete|--reset-offsets|--remove", name: "delete" }),
      destroys("", "Resets what an application has consumed.", { text: /--(input-topics|internal-topics|to-earliest|to-offset|to-latest|shift-by)\b/, without: "--dry-run", name: "reset-offsets" }),
      destroys("topic|group|cluster|acl|user|security|partitions|transform|wasm|registry delete|trim-prefix|remove|decommission|delete-offsets|seek|reset", "Deletes topics, groups or rights, or moves what is consumed.", { name: "delete" }),
      destroys("topic|group delete", "Deletes topics or groups.", { name: "delete" }),
      destroys("", "Makes records expire at once.", { text: /retention\.(ms|bytes)=\d{1,5}\b/, name: "retention" }),
      destroys("", "Deletes records.", { flags: "--offset-json-file", name: "delete-records" }),
      destroys("", "Takes a setting away, retention perhaps.", { flags: "--delete-config", name: "delete-config" }),
      reads("", "Lists topics or groups.", { flags: "--list|--describe|-L|-C", name: "list" }),
      reads("topic|cluster|group list|describe|info|consume", "Reads the cluster.", { name: "list" }),
      writes("", "Changes topics, groups or rights.", { name: "change" }),
    ],
  },
  { name: "rabbitmq", programs: "rabbitmqctl rabbitmqadmin rabbitmq-plugins rabbitmq-queues rabbitmq-upgrade rabbitmq-diagnostics rabbitmq-streams", withValue: "-n -p -u -H", rules: [destroys("reset|force_reset|delete_queue|purge_queue|delete_vhost|delete_user|stop_app|forget_cluster_node|clear_policy|clear_permissions|clear_parameter|stop|shutdown|forget_cluster_node|force_boot|close_all_connections|close_connection|clear_password|clear_topic_permissions|clear_global_parameter|clear_operator_policy|disable|delete_member|delete_shovel|rotate_logs|suspend_all_listeners|drain|delete_super_stream", "Deletes queues, messages or users."), destroys("delete|purge *", "Deletes queues or messages."), reads("list_queues|list_users|list_vhosts|status|cluster_status|list_exchanges|list_bindings|list|get|show|environment|report|list_permissions", "Reads the broker."), publishes("publish", "Publishes a message."), governs("", "Changes the broker.", { name: "change" })] },
  {
    name: "nats",
    programs: "nats nsc",
    withValue: "-s --server --context --creds --user --password --config",
    rules: [
      reads("stream|str|s|consumer|con|c|kv|object|obj|account|server|auth|context|schema|errors|service|micro|sub|rtt|bench|events|trace|latency|top *", "Reads the server.", { text: /^\S+ (ls|list|info|report|view|get|check|state|find|history|watch|status|ping|subjects|graph|select|next|show|search|lookup|cluster-info|account|backup)\b/, name: "read" }),
      destroys("stream|str|s|consumer|con|c|kv|object|obj|account|server|auth|context|user|operator|delete *", "Deletes messages, streams or users, or overwrites their settings.", { text: /^(\S+ )(rm|delete|purge|del|rmm|restore|seal|clear|remove|revoke|revocations|step-down|peer-remove|cluster|raft|compact|unpause|pause)\b/, name: "delete" }),
      destroys("stream|str|s edit|update", "Shortens how long, or how much, a stream keeps.", { text: /--(max-age|max-msgs|max-bytes|max-msgs-per-subject)\b/, name: "retention" }),
      publishes("pub|publish|request|reply", "Publishes a message."),
      reads("sub|rtt|events|bench|errors|latency|top|trace|describe|list|env", "Reads the server."),
      writes("", "Changes the server.", { name: "change" }),
    ],
  },
  { name: "kafka", programs: "kafka-server-stop.sh kafka-server-stop zookeeper-server-stop.sh zookeeper-server-stop kafka-storage.sh kafka-storage", withValue: "-t --config -c", rules: [reads("info|random-uuid|version-mapping", "Reads the set-up."), destroys("", "Stops a broker, or formats what it stores.", { name: "stop" })] },
  {
    name: "broker",
    programs: "pulsar-admin pulsar artemis activemq activemq-admin mqadmin nsqadmin nsq_to_file mosquitto_ctrl emqx emqx_ctl vernemq vmq-admin kaf kafkactl solace celery rq sidekiq faktory bullmq temporal tctl",
    withValue: "--url --admin-url --cluster --environment -n --namespace -b --bootstrap-server -A --app -t --topic -q --queue -c --workflow-id -w --reason --user --password",
    place: "--environment --context",
    nouns: "kafka workflow",
    verbDepth: 4,
    rules: [
      destroys("", "Deletes topics, queues or messages.", { verb: /(^|\s)([a-zA-Z]+[-_:])?(delete|purge|clear|skip|expire|terminate|truncate|unload|reset-cursor|clear-backlog|skip-all|empty|drain|stop|removeMessages|deleteTopic|deleteSubGroup|cleanExpiredCQ|resetOffsetByTime|revoke)([-_:][a-zA-Z-]+)?(\s|$)/, name: "delete" }),
      destroys("", "Makes messages expire at once.", { text: followedBy(/set-(retention|message-ttl|max-message-size)\b/, /\s(-s|-t|--size|--time|--ttl)\s*[0-9]\b/, /retention\.(ms|bytes)[= ]\d{1,5}\b/), name: "retention" }),
      reads("", "Reads topics or queues.", { verb: /(^|\s)([a-z]+[-_:])?(list|ls|get|stats|describe|peek\w*|info|status|inspect|show|count|lag|version|help|consume|topics|groups|active|registered|ping|report)([-_:][a-zA-Z-]+)?(\s|$)/, name: "read" }),
      runs("worker|beat|flower|multi", "Runs the project's own workers."),
      writes("", "Changes topics or queues.", { name: "change" }),
    ],
  },
  { name: "zookeeper", programs: "zkCli.sh zkcli zookeeper-shell zookeeper-shell.sh zookeeper-security-migration", withValue: "-server -timeout", readsLines: true, rules: [destroys("", "Deletes what the cluster agrees on.", { text: /(^|\s)(delete|deleteall|rmr|delquota|reconfig)\s/, name: "delete" }), reads("", "Reads nodes.", { command: /(^|\s)(ls|get|stat|getAcl|listquota|config|history|ls2|version)(\s|$)/, name: "read" }), runs("", "Opens a client.", { name: "interactive" })] },
  { name: "memcached", programs: "nc ncat netcat socat telnet memcached-tool memcflush memcrm", withValue: "-w -q -p -s -i", readsLines: true, rules: [destroys("", "Sends a command that empties or stops a server.", { text: /(^|\s)(flush_all|flushall|flushdb|shutdown|(disable|shutdown) (server|frontend)|set server \S+ (state|weight) (maint|drain|0)|clear (table|map|counters)|del (server|map|acl|ssl)|stop|quitquitquit)(\s|$)/i, name: "send-destroying" }), destroys("", "Empties a cache.", { flags: "--flush", name: "flush" }), runs("", "Talks to a server.", { name: "talk" })] },
];

export const MESSAGING: readonly World[] = BROKERS;
