/** What a test broker is told: small, quick to react, and as safe with data as a production cluster of its size. */
import { join } from "node:path";
import type { ClusterOptions } from "./kafka.ts";

export interface NodePorts {
  readonly id: number;
  readonly broker: number;
  readonly controller: number;
  readonly secure: number;
}
type Secure = NonNullable<ClusterOptions["secure"]>;

export function nodeProperties(own: NodePorts, all: readonly NodePorts[], directory: string, secure?: Secure): Record<string, string | number> {
  const replicas = all.length;
  const inSync = Math.max(1, replicas - 1);
  const listeners = [`PLAINTEXT://127.0.0.1:${own.broker}`, ...(secure === undefined ? [] : [`SECURE://127.0.0.1:${own.secure}`])];
  return {
    "process.roles": "broker,controller",
    "node.id": own.id,
    "controller.quorum.voters": all.map(({ id, controller }) => `${id}@127.0.0.1:${controller}`).join(","),
    listeners: [...listeners, `CONTROLLER://127.0.0.1:${own.controller}`].join(","),
    "advertised.listeners": listeners.join(","),
    "controller.listener.names": "CONTROLLER",
    "inter.broker.listener.name": "PLAINTEXT",
    "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SECURE:SASL_SSL",
    "log.dirs": join(directory, `data-${own.id}`),
    "default.replication.factor": replicas,
    "min.insync.replicas": inSync,
    "unclean.leader.election.enable": "false",
    "auto.create.topics.enable": "false",
    "offsets.topic.replication.factor": replicas,
    "offsets.topic.num.partitions": 3,
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "transaction.state.log.num.partitions": 3,
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": inSync,
    "group.initial.rebalance.delay.ms": 0,
    "group.min.session.timeout.ms": 1_000,
    "broker.session.timeout.ms": 6_000,
    "broker.heartbeat.interval.ms": 500,
    "replica.lag.time.max.ms": 6_000,
    "num.network.threads": 2,
    "num.io.threads": 2,
    "log.cleaner.dedupe.buffer.size": 4_194_304,
    // What is deleted frees its files from the start on, not only after the first half minute: each partition holds one open.
    "log.initial.task.delay.ms": 500,
    "log.segment.delete.delay.ms": 1_000,
    // Each partition takes its index files at once; ten megabytes of address space apiece are too much for thousands of them.
    "log.index.size.max.bytes": 65_536,
    "group.coordinator.rebalance.protocols": "classic,consumer",
    ...(secure === undefined ? {} : secureListener(secure)),
  };
}

function secureListener({ certificates }: Secure): Record<string, string> {
  const pem = (text: string): string => text.trim().replaceAll("\n", "\\n");
  const prefix = "listener.name.secure.";
  return {
    // Everybody may do everything but what a test forbids; who comes without a name may always.
    "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
    "allow.everyone.if.no.acl.found": "true",
    "super.users": "User:ANONYMOUS",
    [`${prefix}ssl.keystore.type`]: "PEM",
    [`${prefix}ssl.keystore.certificate.chain`]: pem(certificates.certificate),
    [`${prefix}ssl.keystore.key`]: pem(certificates.key),
    [`${prefix}sasl.enabled.mechanisms`]: "SCRAM-SHA-256,SCRAM-SHA-512,OAUTHBEARER",
    [`${prefix}scram-sha-256.sasl.jaas.config`]: "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    [`${prefix}scram-sha-512.sasl.jaas.config`]: "org.apache.kafka.common.security.scram.ScramLoginModule required;",
    [`${prefix}oauthbearer.sasl.jaas.config`]: 'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
  };
}

export function secureFormat({ user, password }: Secure): string[] {
  return ["SCRAM-SHA-256", "SCRAM-SHA-512"].flatMap((mechanism) => ["--add-scram", `${mechanism}=[name=${user},password=${password}]`]);
}
