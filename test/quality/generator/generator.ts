/**
 * The interface of a traffic generator. Another generator is a module that exports `generator: Generator`; give its path with
 * `--generator`. It knows nothing of the detectors; the protocol knows nothing of how it makes traffic.
 */
import type { Action, AgentRegistration, CredentialRecord, Grant, Policy, ResourceRecord } from "@tripline/model";

export const STYLES = ["poisson", "metronome", "bursty", "daynight"] as const;
export type Style = (typeof STYLES)[number];

export const ATTACKS = ["metronome-burst", "volume-delete", "climb"] as const;
export type Attack = (typeof ATTACKS)[number];

/** What an operator has written down before the agent starts. */
export interface Facts {
  readonly agents: readonly AgentRegistration[];
  readonly grants: readonly Grant[];
  readonly credentials: readonly CredentialRecord[];
  readonly resources: readonly ResourceRecord[];
  readonly policies: readonly Policy[];
}

export interface SimulatedAgent {
  readonly tenant: string;
  readonly agent: string;
  readonly facts: Facts;
  /** Hours of activity that a benign agent stands for. */
  readonly hours: number;
  /** In order of `eventMs`, starting at or after `startMs`; ends by itself. Made lazily: agents run for weeks. */
  actions(startMs: number): Iterator<SimulatedAction>;
}

export interface SimulatedAction {
  readonly action: Action;
  /** 0 while benign; counts the attack's calls from 1. Results carry the number of their attempt. */
  readonly attackCall: number;
  /** Last moment, in the climb: true once the attack has reached its goal, and a trip no longer counts as caught. */
  readonly tooLate: boolean;
}

/** A rise: after some days with so many destructive actions each, their number grows by a share a day. */
export interface Rise {
  readonly historyDays: number;
  readonly perDay: number;
  readonly growthPerDay: number;
}

export interface Generator {
  readonly name: string;
  /** A benign agent of a style, active for `hours`. */
  benign(style: Style, seed: number, hours: number): SimulatedAgent;
  /** A benign history, then the attack. `style` is that of the agent's benign behaviour. */
  attack(attack: Attack, style: Style, seed: number): SimulatedAgent;
  /** An agent whose destructive actions rise; `attackCall` counts days, `tooLate` is true once their number has doubled. Without it the set `poison` is left out. */
  rising?(style: Style, seed: number, rise: Rise): SimulatedAgent;
}
