/** Clients for readers: those of readers that closed are used again, since connecting takes several round trips. */
import { KafkaClient } from "./client.ts";
import { KAFKA_LIMITS, type KafkaOptions } from "./options.ts";

export class ClientPool {
  readonly #options: KafkaOptions;
  readonly #topics: readonly string[];
  readonly #idle: KafkaClient[] = [];
  readonly #all = new Set<KafkaClient>();
  #closed = false;

  constructor(options: KafkaOptions, topics: readonly string[]) {
    this.#options = options;
    this.#topics = topics;
  }

  /** A connected client for this caller alone. */
  async take(): Promise<KafkaClient> {
    const idle = this.#idle.pop();
    if (idle !== undefined) return idle;
    const client = await KafkaClient.open(this.#options, this.#topics);
    this.#all.add(client);
    if (this.#closed) this.discard(client);
    return client;
  }

  /** Gives back one with which nothing is under way. */
  give(client: KafkaClient): void {
    if (this.#closed || !client.usable || this.#idle.length >= KAFKA_LIMITS.idleClients) this.discard(client);
    else this.#idle.push(client);
  }

  discard(client: KafkaClient): void {
    this.#all.delete(client);
    client.discard();
  }

  close(): void {
    this.#closed = true;
    for (const client of this.#all) client.discard();
    this.#all.clear();
  }
}
