/** What the launcher starts and stops. A service exports one function that builds its module from its dependencies. */
export interface Health {
  readonly ready: boolean;
  /** One line for people: what it waits for, or what is wrong. */
  readonly detail: string;
}

export interface Module {
  readonly name: string;
  start(): Promise<void>;
  /** Finishes what is in hand, within the deadline that the launcher sets. */
  stop(): Promise<void>;
  health(): Health;
}
