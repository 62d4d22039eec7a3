/** Reading as one of a group: takes and lets go partitions as the group agrees, and delivers those it holds. */
import type { Topic } from "@tripline/model";
import type { GroupHandlers, Subscription } from "../event-log.ts";
import { type Claimant, claimEpochs, type Progress } from "./epochs.ts";
import { Fatal, GroupMember, type MemberDeps } from "./group-member.ts";
import { Holding } from "./holding.ts";
import type { Broker } from "./kafkajs-internals.ts";
import { KAFKA_LIMITS } from "./options.ts";
import { type Bounds, type Ends, Reader, type ReaderDeps } from "./reader.ts";

export interface GroupDeps extends MemberDeps {
  readonly reader: ReaderDeps;
  readonly ends: Ends;
  readonly clock: () => number;
}

export class GroupSubscription implements Subscription {
  readonly done: Promise<void>;
  /** Resolves when the first partitions, if any, have been taken, however long the group needs; rejects with what a handler threw before that. */
  readonly joined: Promise<void>;
  readonly #deps: GroupDeps;
  readonly #topics: readonly Topic[];
  readonly #handlers: GroupHandlers;
  readonly #reader: Reader;
  readonly #member: GroupMember;
  readonly #holdings = new Map<number, Holding>();
  readonly #first = Promise.withResolvers<void>();
  readonly #failures: unknown[] = [];
  /** Of the round in which the holdings were agreed upon. */
  #generation = -1;
  #closing = false;

  constructor(deps: GroupDeps, topics: readonly Topic[], handlers: GroupHandlers) {
    this.#deps = deps;
    this.#topics = topics;
    this.#handlers = handlers;
    this.#reader = new Reader(deps.reader, null);
    this.#member = new GroupMember(deps, {
      held: () => ({ owned: [...this.#holdings.values()].filter(({ ownership }) => ownership.current()).map(({ ownership }) => ownership.partition), generation: this.#generation }),
      reconcile: (assigned, coordinator, claimant) => this.#reconcile(assigned, coordinator, claimant),
      expelled: () => this.#letGo([...this.#holdings.keys()]),
      lapsed: () => [...this.#holdings.values()].some(({ lapsed }) => lapsed),
      hung: () => [...this.#holdings.values()].some(({ handlingMs }) => handlingMs > KAFKA_LIMITS.handlerMs),
      progress: () => this.#progress(),
    });
    this.joined = this.#first.promise;
    this.joined.catch(() => undefined);
    this.done = this.#run();
    // Callers that only close() must not crash the process; those that look at `done` still see the rejection.
    this.done.catch(() => undefined);
  }

  async close(): Promise<void> {
    this.#end();
    await this.done.catch(() => undefined);
  }

  async #run(): Promise<void> {
    await this.#member.run().catch((error: unknown) => this.#fail(error));
    this.#closing = true;
    await this.#letGo([...this.#holdings.keys()]).catch((error: unknown) => this.#failures.push(error));
    await this.#member.leave();
    this.#reader.stop();
    const [failure] = this.#failures;
    if (this.#failures.length > 0) {
      this.#first.reject(failure);
      throw failure;
    }
    this.#first.resolve();
  }

  /** The first failure is the one to tell. */
  #fail(error: unknown): void {
    this.#failures.push(error);
    this.#end();
  }

  #end(): void {
    this.#closing = true;
    for (const holding of this.#holdings.values()) holding.stop();
    this.#member.stop();
  }

  async #reconcile(assigned: readonly number[], coordinator: Broker, claimant: Claimant): Promise<boolean> {
    const wanted = new Set(assigned);
    // One whose lease ran out meanwhile is begun anew, with a new epoch: another may have had it.
    const lost = [...this.#holdings].filter(([partition, { ownership }]) => !wanted.has(partition) || !ownership.current()).map(([partition]) => partition);
    await this.#letGo(lost).catch((error: unknown) => {
      throw new Fatal(error);
    });
    this.#generation = claimant.generation;
    const gained = assigned.filter((partition) => !this.#holdings.has(partition));
    if (gained.length > 0 && !this.#closing) await this.#take(gained, coordinator, claimant);
    this.#deps.instruments.owned.set(this.#holdings.size, { group: this.#deps.group });
    this.#first.resolve();
    return lost.some((partition) => !wanted.has(partition));
  }

  async #take(partitions: readonly number[], coordinator: Broker, claimant: Claimant): Promise<void> {
    const [carrier = ""] = this.#deps.topics;
    const epochs = await claimEpochs(coordinator, claimant, carrier, partitions, this.#deps.clock());
    const alive = (): boolean => this.#member.alive();
    const taken = partitions.map((partition) => new Holding(partition, epochs.get(partition) ?? 0, alive, this.#handlers));
    for (const holding of taken) this.#holdings.set(holding.ownership.partition, holding);
    try {
      const starts = await this.#assigned(taken);
      const bounds = new Map(await Promise.all(this.#topics.map(async (topic) => [topic, await this.#deps.ends(topic, partitions)] as const)));
      taken.forEach((holding, index) => this.#start(holding, starts[index] ?? new Map(), bounds));
    } catch (error) {
      // Held but not read, they would stand still: the next round has to take them anew.
      await this.#letGo(partitions);
      throw error;
    }
  }

  /** All are waited for, also behind one that fails: what is let go then must not come to life afterwards. */
  async #assigned(taken: readonly Holding[]): Promise<ReadonlyMap<Topic, number>[]> {
    const settled = await Promise.allSettled(taken.map(({ ownership }) => this.#handlers.assigned(ownership)));
    return settled.map((one) => {
      if (one.status === "rejected") throw new Fatal(one.reason);
      return one.value;
    });
  }

  #start(holding: Holding, starts: ReadonlyMap<Topic, number>, bounds: ReadonlyMap<Topic, ReadonlyMap<number, Bounds>>): void {
    if (this.#closing) return;
    const { partition } = holding.ownership;
    const from = new Map(this.#topics.map((topic) => [topic, starts.get(topic) ?? 0]));
    const boundsOf = (topic: Topic): Bounds => bounds.get(topic)?.get(partition) ?? { low: 0, high: 0 };
    try {
      holding.start(this.#reader.pump(partition, from, boundsOf, holding.handle), (error) => this.#fail(error));
    } catch (error) {
      throw new Fatal(error);
    }
  }

  async #letGo(partitions: readonly number[]): Promise<void> {
    const ended = await Promise.allSettled(
      partitions.map(async (partition) => {
        const holding = this.#holdings.get(partition);
        holding?.stop();
        await holding?.letGo().finally(() => {
          this.#reader.drop(this.#topics, partition);
          this.#holdings.delete(partition);
        });
      }),
    );
    for (const one of ended) if (one.status === "rejected") throw one.reason;
  }

  #progress(): readonly Progress[] {
    return this.#topics.flatMap((topic, index) => {
      const partitions = [...this.#holdings.values()].map((holding) => holding.handled(topic)).filter((one) => one !== null);
      return partitions.length === 0 ? [] : [{ topic: this.#deps.topics[index] ?? "", partitions }];
    });
  }
}
