/**
 * One client of the cluster: connections, authentication and metadata are kafkajs's, every wait is bounded here. After an unknown
 * outcome the connection is cut and metadata asked for anew: kafkajs would go on with a dead connection and stale leaders for minutes.
 */
import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, type ConnectionOptions } from "node:tls";
import { bounded } from "./bounded.ts";
import { type Broker, type Buffering, type Cluster, ClusterClass, type Connection, ConnectionClass, connectionPool, type ConnectionPool, createLogger, type ProtocolRequest, type RequestQueue, requestQueue } from "./kafkajs-internals.ts";
import { KAFKA_LIMITS, type KafkaOptions } from "./options.ts";
import { saslOf } from "./sasl.ts";

/** kafkajs wakes up each millisecond for every connection to look at a queue that is nearly always empty (its issue 1704). */
const { scheduleCheckPendingRequests: scheduleCheck } = requestQueue;
requestQueue.scheduleCheckPendingRequests = function (this: RequestQueue): void {
  if (this.pending.length > 0 || this.throttledUntil > Date.now()) scheduleCheck.call(this);
};

/** Two requests that find a connection closed would each open a socket, and the first one's be lost sight of. */
const connecting = new WeakMap<Connection, Promise<unknown>>();
connectionPool.getConnection = async function (this: ConnectionPool, index = 0): Promise<Connection | undefined> {
  const connection = this.pool[index];
  if (connection === undefined || connection.isConnected()) return connection;
  const attempt = connecting.get(connection) ?? connection.connect().finally(() => connecting.delete(connection));
  connecting.set(connection, attempt);
  await attempt;
  return connection;
};

/** Of an answer that a cut left half, the rest never comes: kept over the next socket, it would be read as the head of that one's first answer. */
const { connect: connectAnew, processData } = ConnectionClass.prototype;
ConnectionClass.prototype.connect = function (this: Connection & Buffering): Promise<unknown> {
  if (!this.isConnected()) {
    this.chunks = [];
    this.bytesBuffered = 0;
    this.bytesNeeded = SIZE_BYTES;
  }
  return connectAnew.call(this);
};
/** What is no answer is a broken connection, and not the end of the process. */
ConnectionClass.prototype.processData = function (this: Buffering, bytes: Buffer): void {
  try {
    processData.call(this, bytes);
  } catch (error) {
    this.socket.destroy(error instanceof Error ? error : new Error("not an answer"));
  }
};
/** An answer begins with its size. */
const SIZE_BYTES = 4;

export interface ConnectTarget {
  readonly host: string;
  readonly port: number;
  /** kafkajs says null where there is none. */
  readonly ssl: ConnectionOptions | null;
  readonly onConnect: () => void;
}

export class KafkaClient {
  readonly #cluster: Cluster;
  readonly #topics: readonly string[];
  /** Open ones, each with the host:port that it leads to. */
  readonly #sockets = new Map<Socket, string>();
  readonly #addresses = new Map<number, string>();
  readonly #leaders = new Map<string, readonly number[]>();
  #usable = true;

  private constructor(options: KafkaOptions, topics: readonly string[], sasl: object | undefined) {
    this.#topics = topics;
    this.#cluster = new ClusterClass({
      logger: createLogger({ level: 0, logCreator: () => () => undefined }),
      socketFactory: (target: ConnectTarget) => this.#connectTo(target),
      brokers: [...options.brokers],
      ssl: tlsOf(options.ssl),
      sasl,
      clientId: options.clientId,
      connectionTimeout: KAFKA_LIMITS.connectMs,
      authenticationTimeout: KAFKA_LIMITS.requestMs,
      requestTimeout: KAFKA_LIMITS.requestMs,
      enforceRequestTimeout: true,
      metadataMaxAge: 0,
      allowAutoTopicCreation: false,
      retry: { retries: 2, initialRetryTime: KAFKA_LIMITS.retryMs, maxRetryTime: 500 },
    });
  }

  /**
   * Connects and learns who leads what; asks one broker after another, since one may take connections and answer nothing. Rejects
   * with the last error; nothing is left open then.
   */
  static async open(options: KafkaOptions, topics: readonly string[]): Promise<KafkaClient> {
    const first = Math.floor(Math.random() * options.brokers.length);
    let failure: unknown = new Error("no brokers are configured");
    for (let turn = 0; turn < options.brokers.length; turn++) {
      const at = (first + turn) % options.brokers.length;
      const brokers = [...options.brokers.slice(at), ...options.brokers.slice(0, at)];
      const sasl = options.sasl === undefined ? undefined : saslOf(options.sasl);
      const client = new KafkaClient({ ...options, brokers }, topics, sasl);
      try {
        await bounded(client.#connect(), KAFKA_LIMITS.connectMs + KAFKA_LIMITS.promptMs, "connecting");
        return client;
      } catch (error) {
        client.discard();
        failure = error;
      }
    }
    throw failure;
  }

  get usable(): boolean {
    return this.#usable;
  }

  async #connect(): Promise<void> {
    await this.#cluster.connect();
    await this.#cluster.addMultipleTargetTopics(this.#topics);
    this.#learnLeaders();
  }

  /** Asks anew who leads what. */
  async refresh(): Promise<void> {
    await bounded(this.#cluster.refreshMetadata(), KAFKA_LIMITS.promptMs, "metadata");
    this.#learnLeaders();
  }

  #learnLeaders(): void {
    for (const { nodeId, host, port } of this.#cluster.brokerPool.metadata?.brokers ?? []) this.#addresses.set(nodeId, `${host}:${port}`);
    for (const topic of this.#topics) {
      const leaders: number[] = [];
      for (const { partitionId, leader } of this.#cluster.findTopicPartitionMetadata(topic)) leaders[partitionId] = leader;
      this.#leaders.set(topic, leaders);
    }
  }

  /** Null while an election runs. */
  leaderOf(topic: string, partition: number): number | null {
    const leader = this.#leaders.get(topic)?.[partition] ?? -1;
    return leader < 0 ? null : leader;
  }

  partitionsOf(topic: string): number {
    return this.#leaders.get(topic)?.length ?? 0;
  }

  /** Rejects when there is no answer in time; the outcome is unknown then. */
  async send<T>(nodeId: number, request: ProtocolRequest<T>, timeoutMs: number): Promise<T> {
    const exchange = this.#cluster.findBroker({ nodeId }).then((broker) => broker.connectionPool.send(request));
    return bounded(exchange, timeoutMs, request.request.apiName);
  }

  async coordinator(groupId: string): Promise<Broker> {
    return bounded(this.#cluster.findGroupCoordinator({ groupId }), KAFKA_LIMITS.promptMs, "FindCoordinator");
  }

  /** First kept or next offset of each partition of a topic. */
  async offsets(topic: string, partitions: readonly number[], which: "first" | "next"): Promise<ReadonlyMap<number, number>> {
    const asked = [{ topic, partitions: partitions.map((partition) => ({ partition })), fromBeginning: which === "first" }];
    const [answer] = await bounded(this.#cluster.fetchTopicsOffset(asked), KAFKA_LIMITS.promptMs, "ListOffsets");
    return new Map((answer?.partitions ?? []).map(({ partition, offset }) => [partition, Number(offset)]));
  }

  /** Cuts the connections to one broker: what still waits there ends with an error, and whatever is next is sent over new ones. */
  cut(nodeId: number): void {
    const address = this.#addresses.get(nodeId);
    for (const [socket, leadsTo] of this.#sockets) if (leadsTo === address) socket.destroy(new Error("cut"));
  }

  /** Cuts every connection at once; whatever still waits on one ends with an error. */
  discard(): void {
    this.#usable = false;
    for (const socket of this.#sockets.keys()) socket.destroy(new Error("discarded"));
    this.#cluster.disconnect().catch(() => undefined);
  }

  #connectTo({ host, port, ssl, onConnect }: ConnectTarget): Socket {
    const socket = ssl === null ? connectTcp({ host, port }, onConnect) : connectTls({ host, port, ...(isIP(host) === 0 ? { servername: host } : {}), ...ssl }, onConnect);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KAFKA_LIMITS.requestMs);
    this.#sockets.set(socket, `${host}:${port}`);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      // While its broker is away, kafkajs disconnects a closed connection at each attempt; unref would then wait each time for a connect that never comes.
      socket.unref = () => socket;
    });
    if (!this.#usable) socket.destroy(new Error("discarded"));
    return socket;
  }
}

function tlsOf(ssl: KafkaOptions["ssl"]): ConnectionOptions | null {
  if (ssl === undefined || ssl === false) return null;
  return ssl === true ? {} : ssl;
}
