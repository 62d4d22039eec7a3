/** The one table of topics: name, what keys it, what it holds, how long. Every backend creates exactly these. */
import type { TSchema } from "typebox";
import { Action } from "./action.ts";
import { BreakerRecord } from "./breaker.ts";
import { Command } from "./command.ts";
import { Containment } from "./containment.ts";
import { DeadLetter } from "./dead-letter.ts";
import { Approval } from "./approval.ts";
import { AgentRegistration, ClockTick, CredentialRecord, Grant, Lease, Policy, ResourceRecord } from "./facts.ts";
import { Finding } from "./finding.ts";

export interface TopicSpec {
  /** Payload schema of one record. */
  readonly payload: TSchema;
  /** What the record key is. `agent` = `tenant/agent`. Topics with the same key have the same partitions. */
  readonly key: "agent" | "tenant";
  /** Days kept; null = kept for ever. */
  readonly retentionDays: number | null;
  /** Compacted: only the last record of a key must be kept. */
  readonly compacted: boolean;
}

const DAYS = { actions: 30, findings: 90, deadLetters: 14, clock: 7 };

const agentTopic = (payload: TSchema, retentionDays: number | null = null, compacted = false): TopicSpec => ({
  payload,
  key: "agent",
  retentionDays,
  compacted,
});
const tenantTopic = (payload: TSchema): TopicSpec => ({ payload, key: "tenant", retentionDays: null, compacted: false });

export const FACT_TOPICS = {
  actions: agentTopic(Action, DAYS.actions),
  findings: agentTopic(Finding, DAYS.findings),
  breakers: agentTopic(BreakerRecord, null, true),
  containments: agentTopic(Containment),
  commands: agentTopic(Command),
  agents: agentTopic(AgentRegistration),
  grants: agentTopic(Grant),
  leases: agentTopic(Lease),
  approvals: agentTopic(Approval),
  credentials: tenantTopic(CredentialRecord),
  resources: tenantTopic(ResourceRecord),
  policies: tenantTopic(Policy),
  clock: { payload: ClockTick, key: "tenant", retentionDays: DAYS.clock, compacted: false },
} as const satisfies Record<string, TopicSpec>;

export type FactTopic = keyof typeof FACT_TOPICS;
export type DeadLetterTopic = `${FactTopic}.dead`;
export type Topic = FactTopic | DeadLetterTopic;

/** Partitions of every topic in every backend; fixed for the life of a deployment, since the key decides the partition. */
export const DEFAULT_PARTITIONS = 48;

const factNames = Object.keys(FACT_TOPICS) as FactTopic[];

export const TOPICS: ReadonlyMap<Topic, TopicSpec> = new Map<Topic, TopicSpec>([
  ...factNames.map((name) => [name, FACT_TOPICS[name]] as const),
  ...factNames.map(
    (name) => [`${name}.dead` as const, { ...FACT_TOPICS[name], payload: DeadLetter, retentionDays: DAYS.deadLetters, compacted: false }] as const,
  ),
]);

export interface TopicPayloads {
  actions: Action;
  findings: Finding;
  breakers: BreakerRecord;
  containments: Containment;
  commands: Command;
  agents: AgentRegistration;
  grants: Grant;
  leases: Lease;
  approvals: Approval;
  credentials: CredentialRecord;
  resources: ResourceRecord;
  policies: Policy;
  clock: ClockTick;
}
export type PayloadOf<T extends Topic> = T extends FactTopic ? TopicPayloads[T] : DeadLetter;
