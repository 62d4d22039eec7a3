/**
 * The parts below kafkajs's public API that this backend is built upon: connections, authentication, metadata and the protocol.
 * Its producer and consumer are not used: the README says why. The version is pinned exactly, and the tests on real brokers hold these
 * shapes to it.
 */
import { createRequire } from "node:module";
import type { Mechanism } from "kafkajs";

export interface ProtocolRequest<T> {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly expectResponse?: () => boolean;
    readonly encode: () => Promise<object>;
  };
  readonly response: { readonly decode: (payload: Buffer) => Promise<object>; readonly parse: (decoded: object) => Promise<T> };
  readonly requestTimeout?: number;
}
export interface Broker {
  readonly nodeId: number;
  readonly versions: Readonly<Record<number, { readonly minVersion: number; readonly maxVersion: number }>> | null;
  readonly connectionPool: { send<T>(request: ProtocolRequest<T>): Promise<T> };
  heartbeat(of: { groupId: string; groupGenerationId: number; memberId: string }): Promise<unknown>;
  joinGroup(as: {
    groupId: string;
    sessionTimeout: number;
    rebalanceTimeout: number;
    memberId: string;
    groupProtocols: readonly { name: string; metadata: Buffer }[];
  }): Promise<{ generationId: number; leaderId: string; memberId: string; members: readonly { memberId: string; memberMetadata: Buffer }[] }>;
  syncGroup(as: {
    groupId: string;
    generationId: number;
    memberId: string;
    groupAssignment: readonly { memberId: string; memberAssignment: Buffer }[];
  }): Promise<{ memberAssignment: Buffer }>;
  leaveGroup(as: { groupId: string; memberId: string }): Promise<unknown>;
  offsetFetch(of: { groupId: string; topics: readonly { topic: string; partitions: readonly { partition: number }[] }[] }): Promise<{
    responses: readonly { topic: string; partitions: readonly { partition: number; offset: string; metadata: string | null }[] }[];
  }>;
  offsetCommit(as: {
    groupId: string;
    groupGenerationId: number;
    memberId: string;
    topics: readonly { topic: string; partitions: readonly { partition: number; offset: string; metadata: string | null }[] }[];
  }): Promise<unknown>;
}
export interface Cluster {
  readonly brokerPool: { readonly metadata: { readonly brokers: readonly { nodeId: number; host: string; port: number }[] } | null };
  connect(): Promise<void>;
  disconnect(): Promise<void>;
  refreshMetadata(): Promise<void>;
  addMultipleTargetTopics(topics: readonly string[]): Promise<void>;
  findBroker(of: { nodeId: number }): Promise<Broker>;
  findGroupCoordinator(of: { groupId: string }): Promise<Broker>;
  findTopicPartitionMetadata(topic: string): readonly { partitionId: number; leader: number }[];
  fetchTopicsOffset(
    topics: readonly { topic: string; partitions: readonly { partition: number }[]; fromBeginning: boolean }[],
  ): Promise<readonly { topic: string; partitions: readonly { partition: number; offset: string }[] }[]>;
}
export interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
}
export interface Connection {
  isConnected(): boolean;
  connect(): Promise<unknown>;
}
export interface ConnectionPool {
  readonly pool: readonly Connection[];
}
/** What a socket has delivered of an answer that is not whole yet. */
export interface Buffering {
  chunks: Buffer[];
  bytesBuffered: number;
  bytesNeeded: number;
  readonly socket: { destroy(error: Error): unknown };
}
interface ConnectionClass {
  new (options: object): Connection & Buffering;
  readonly prototype: { connect: (this: Connection & Buffering) => Promise<unknown>; processData: (this: Buffering, bytes: Buffer) => void };
}
interface ConnectionPoolClass {
  readonly prototype: { getConnection: (this: ConnectionPool, index?: number) => Promise<Connection | undefined> };
}
interface RequestQueueClass {
  readonly prototype: { scheduleCheckPendingRequests: (this: RequestQueue) => void };
}
type AuthenticatorOf = (sasl: { readonly username: string; readonly password: string }) => Mechanism["authenticationProvider"];
interface Encoder {
  writeBuffer(buffer: Buffer): object;
}

const load = createRequire(import.meta.url);
export const ClusterClass = load("kafkajs/src/cluster/index.js") as new (options: object) => Cluster;
export const EncoderClass = load("kafkajs/src/protocol/encoder.js") as new () => Encoder;
export const requestQueue = (load("kafkajs/src/network/requestQueue/index.js") as RequestQueueClass).prototype;
export const connectionPool = (load("kafkajs/src/network/connectionPool.js") as ConnectionPoolClass).prototype;
export const ConnectionClass = load("kafkajs/src/network/connection.js") as ConnectionClass;
const authenticator = (name: string): AuthenticatorOf => load(`kafkajs/src/broker/saslAuthenticator/${name}.js`) as AuthenticatorOf;
export const AUTHENTICATORS = { plain: authenticator("plain"), "scram-sha-256": authenticator("scram256"), "scram-sha-512": authenticator("scram512") } as const;
export const { createLogger } = load("kafkajs/src/loggers/index.js") as { createLogger: (options: { level: number; logCreator: () => () => void }) => object };
