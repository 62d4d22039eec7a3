/**
 * The parts below kafkajs's public API that this backend is built upon: connections, authentication, metadata and the protocol.
 * Its producer and consumer are not used: the README says why. The version is pinned, and a test holds these shapes to it.
 */
declare module "kafkajs/src/cluster/index.js" {
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
  export default class Cluster {
    constructor(options: object);
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
}
declare module "kafkajs/src/loggers/index.js" {
  export function createLogger(options: { level: number; logCreator: () => () => void }): object;
}
declare module "kafkajs/src/protocol/encoder.js" {
  export default class Encoder {
    writeBuffer(buffer: Buffer): this;
  }
}
declare module "kafkajs/src/network/requestQueue/index.js" {
  export default class RequestQueue {
    pending: readonly unknown[];
    throttledUntil: number;
    scheduleCheckPendingRequests(): void;
  }
}
declare module "kafkajs/src/protocol/decoder.js" {
  export default class Decoder {
    constructor(buffer: Buffer);
  }
}
declare module "kafkajs/src/protocol/recordBatch/v0/decoder.js" {
  import type Decoder from "kafkajs/src/protocol/decoder.js";
  export default function decode(decoder: Decoder): Promise<{
    records: readonly { key: Buffer | null; value: Buffer | null; offset: string; timestamp: string }[];
  }>;
}
