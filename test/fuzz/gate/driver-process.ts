/** Sends the hostile requests: what surely ends where it says goes several at a time over kept connections, everything else over one of its own. */
import { setTimeout as sleep } from "node:timers/promises";
import { type HostileCase, hostileCase, type Sender } from "@tripline/gate/hostile";
import { Connection, type Tunnel } from "./connection.ts";
import { type Ports, senderTo } from "./places.ts";

export interface DriverAsked {
  readonly seed: number;
  readonly from: number;
  readonly to: number;
  readonly ports: Ports;
  /** PEM of the gate. */
  readonly ca: string;
}
export interface DriverTold {
  readonly kind: "sent";
  readonly sent: number;
  readonly connections: number;
  /** By what came back. */
  readonly said: Readonly<Record<string, number>>;
}

/** Several at a time over one connection, and so many such connections at work; and connections that are used once. */
const MOST_PIPELINED = 6;
const KEPT_WORKERS = 24;
const LONE_WORKERS = 48;
const IDLE_TUNNELS = 96;
const LONGEST_MS = 20_000;
/** What does not end is not waited for. */
const LONE_LONGEST_MS = 500;
const LONE_QUIET_MS = 15;
const TELL_EVERY_MS = 200;
/** Clients come one after the other: a process that has just started is not met by all of them in its first millisecond. */
const STEP_MS = 60;

interface Sent extends HostileCase {
  readonly sender: Sender;
}

interface Parcel {
  readonly lane: string;
  readonly cases: readonly Sent[];
}

class Driver {
  readonly #asked: DriverAsked;
  readonly #kept: Parcel[] = [];
  readonly #lone: Sent[] = [];
  readonly #filling = new Map<string, Sent[]>();
  readonly #idle = new Map<string, Connection[]>();
  readonly #said = new Map<string, number>();
  #next: number;
  #to: number;
  #sent = 0;
  #connections = 0;

  constructor(asked: DriverAsked) {
    this.#asked = asked;
    this.#next = asked.from;
    this.#to = asked.to;
  }

  async run(): Promise<void> {
    const telling = setInterval(() => this.tell(), TELL_EVERY_MS);
    const later = async (index: number, work: () => Promise<void>): Promise<void> => {
      await sleep(index * STEP_MS);
      await work();
    };
    await Promise.all([...Array.from({ length: KEPT_WORKERS }, (_, index) => later(index * 2, () => this.#workKept())), ...Array.from({ length: LONE_WORKERS }, (_, index) => later(index, () => this.#workLone()))]);
    clearInterval(telling);
    for (const all of this.#idle.values()) for (const one of all) one.close();
    this.tell();
  }

  /** What is under way ends, and no more is sent. */
  stop(): void {
    this.#to = this.#next;
    this.#kept.splice(0);
    this.#lone.splice(0);
    this.#filling.clear();
  }

  tell(): void {
    process.send?.({ kind: "sent", sent: this.#sent, connections: this.#connections, said: Object.fromEntries(this.#said) } satisfies DriverTold);
  }

  /** Makes cases until the wanted queue has one; false where there are none left. */
  #fill(queue: readonly unknown[], other: readonly unknown[]): boolean {
    while (queue.length === 0 && this.#next < this.#to) {
      // Neither kind of worker runs ahead of the other without end.
      if (other.length > READY) return true;
      this.#make();
    }
    if (queue.length === 0 && this.#next >= this.#to) this.#flush();
    return queue.length > 0;
  }

  #make(): void {
    const { seed, ports } = this.#asked;
    let used: Sender | null = null;
    const choose = senderTo(ports);
    const made = hostileCase(seed, this.#next, (server, draw) => (used = choose(server, draw)));
    this.#next += 1;
    const one: Sent = { ...made, sender: used! };
    if (!one.isFramed) return void this.#lone.push(one);
    const lane = laneOf(one);
    const filling = this.#filling.get(lane) ?? [];
    filling.push(one);
    // Some alone, some several at a time: all from the numbers.
    if (filling.length < 1 + (one.number % MOST_PIPELINED)) return void this.#filling.set(lane, filling);
    this.#filling.delete(lane);
    this.#kept.push({ lane, cases: filling });
  }

  #flush(): void {
    for (const [lane, cases] of this.#filling) this.#kept.push({ lane, cases });
    this.#filling.clear();
  }

  async #workKept(): Promise<void> {
    while (this.#fill(this.#kept, this.#lone)) {
      const parcel = this.#kept.shift();
      if (parcel === undefined) await pause();
      else await this.#sendKept(parcel);
    }
  }

  async #sendKept({ lane, cases }: Parcel): Promise<void> {
    const connection = this.#idle.get(lane)?.pop() ?? (await this.#open(cases[0]!));
    if (connection === null) return this.#count("no connection", cases.length);
    const { answers, isOver } = await connection.send(Buffer.concat(cases.map(({ bytes }) => bytes)), cases.map(({ isHead }) => isHead), LONGEST_MS, null);
    this.#sent += Math.min(cases.length, Math.max(1, answers.length));
    for (const { said } of answers) this.#count(said, 1);
    if (!isOver) return this.#keep(lane, connection);
    connection.close();
    // The gate closes after what it does not read to its end; what came behind it was not looked at.
    const unanswered = cases.slice(answers.length);
    if (answers.length === 0) this.#count("closed without an answer", 1);
    const again = answers.length === 0 ? unanswered.slice(1) : unanswered;
    if (again.length > 0) this.#kept.push({ lane, cases: again });
  }

  #keep(lane: string, connection: Connection): void {
    const idle = this.#idle.get(lane) ?? [];
    this.#idle.delete(lane);
    this.#idle.set(lane, [...idle, connection]);
    const oldest = [...this.#idle.keys()].find((key) => key !== lane);
    if (this.#idle.size <= IDLE_TUNNELS || oldest === undefined) return;
    for (const one of this.#idle.get(oldest)!) one.close();
    this.#idle.delete(oldest);
  }

  async #workLone(): Promise<void> {
    while (this.#fill(this.#lone, this.#kept)) {
      const one = this.#lone.shift();
      if (one === undefined) await pause();
      else await this.#sendLone(one);
    }
  }

  async #sendLone(one: Sent): Promise<void> {
    const lane = `alone ${laneOf(one)}`;
    // One that was answered and left open is used again: what is left over of a request meets the next one there.
    const connection = this.#idle.get(lane)?.pop() ?? (await this.#open(one));
    this.#sent += 1;
    if (connection === null) return this.#count("no connection", 1);
    const { answers, isOver } = await connection.send(one.bytes, [one.isHead], LONE_LONGEST_MS, LONE_QUIET_MS);
    if (isOver || answers.length === 0) connection.close();
    else this.#keep(lane, connection);
    if (answers.length === 0) this.#count(isOver ? "closed or left without an answer" : "left", 1);
    for (const { said } of answers) this.#count(said, 1);
  }

  async #open({ sender, server }: Sent): Promise<Connection | null> {
    this.#connections += 1;
    const { ports, ca } = this.#asked;
    const tunnel: Tunnel | null = sender.door === "tunnel" ? { authority: sender.host, host: server.host, token: sender.token, ca } : null;
    return await Connection.open(sender.door === "reverse" ? ports.reverse : ports.forward, tunnel);
  }

  #count(said: string, times: number): void {
    this.#said.set(said, (this.#said.get(said) ?? 0) + times);
  }
}

/** Made ahead, at most. */
const READY = 500;
const pause = (): Promise<void> => sleep(1);

/** A tunnel belongs to one agent and one upstream; the doors take everything from everyone. */
const laneOf = ({ sender: { door, host, token } }: Sent): string => (door === "tunnel" ? `${host} ${token}` : door);

process.once("message", (asked: DriverAsked) => {
  const driver = new Driver(asked);
  process.on("message", (order) => order === "stop" && driver.stop());
  void driver.run().then(() => process.send?.({ kind: "done" }));
});
process.on("SIGINT", () => undefined);
process.on("disconnect", () => process.exit(0));
