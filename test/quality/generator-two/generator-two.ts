/**
 * A second traffic generator, written from the text without looking at the first, so that thresholds cannot lean on how one
 * of them makes traffic. Other tools, sessions, rates, weekdays and attacks; same interface.
 */
import type { AgentRegistration, CredentialRecord, Grant } from "@tripline/model";
import type { Attack, Facts, Generator, SimulatedAction, SimulatedAgent, Style } from "../generator/generator.ts";
import { Random } from "../random.ts";
import { burst, climb, rising, STEADY, volumeDelete } from "./attacks.ts";
import { Recorder, type Sender } from "./recorder.ts";
import { drawRate, makeRhythm } from "./rhythm.ts";
import { type MakeSubject, worked } from "./subject.ts";
import { CURATOR_IRREVERSIBLE, type Trade, TRADES } from "./toolbox.ts";
import { drawHabits, Work } from "./work.ts";

const HOUR_MS = 3_600_000;
const TENANT = "second";

export const generator: Generator = {
  name: "second",
  benign: (style, seed, hours) => agentOf(`${style}-${seed}`, seed, hours, (make, startMs) => worked(make(startMs, style), startMs + hours * HOUR_MS, startMs)),
  attack: (attack, style, seed) => agentOf(`${attack}-${seed}`, seed, 0, (make, startMs) => attacked(attack, make, style, startMs)),
  rising: (style, seed, rise) => agentOf(`rising-${seed}`, seed, 0, (make, startMs) => rising(make(startMs, style, STEADY), style, rise, startMs)),
};

function agentOf(name: string, seed: number, hours: number, actions: (make: MakeSubject, startMs: number) => Iterator<SimulatedAction>): SimulatedAgent {
  const random = new Random(seed * 7 + 3);
  const trade = random.pick(TRADES);
  const id = `${trade.role}-${name}`;
  const fingerprint = trade.role === "support" && random.chance(0.7) ? `${seed}`.padStart(64, "0") : null;
  const sender = { tenant: TENANT, id, role: trade.role, fingerprint, attempts: random.chance(0.3), provenance: random.chance(0.3) };
  const make: MakeSubject = (startMs, style, steady) => {
    const perHour = steady === undefined ? drawRate(random) : random.between(42, 80);
    const pattern = { weekly: steady === undefined && style !== "metronome" && random.chance(0.5), growthPerDay: steady === undefined && random.chance(0.5) ? 0.01 : 0 };
    return {
      sender,
      random,
      perHour,
      rhythm: makeRhythm(style, perHour, pattern, startMs, random),
      work: new Work(trade, { ...drawHabits(random), ...steady }, [id, `${id}-b`], startMs, random),
      recorder: new Recorder(sender, random),
    };
  };
  return { tenant: TENANT, agent: id, facts: factsOf(sender, trade), hours, actions: (startMs) => actions(make, startMs) };
}

function* attacked(attack: Attack, make: MakeSubject, style: Style, startMs: number): IterableIterator<SimulatedAction> {
  if (attack === "climb") yield* climb(make, style, startMs);
  else if (attack === "metronome-burst") yield* burst(make(startMs, style), startMs);
  else yield* volumeDelete(make(startMs, style), startMs);
}

function factsOf({ id, fingerprint }: Sender, trade: Trade): Facts {
  const agent: AgentRegistration = { v: 1, version: 1, tenant: TENANT, agent: id, role: trade.role, owner: "second-team", environment: "staging", status: "active", atMs: 0 };
  const standing = trade.role === "curator" ? { irreversible: [...CURATOR_IRREVERSIBLE], resources: [`${id}*`] } : {};
  const grants: Grant[] = trade.grant === null ? [] : [{ v: 1, version: 1, id: `${id}-grant`, tenant: TENANT, agent: id, task: null, environments: ["staging"], ...trade.grant, ...standing, expiresAtMs: null, atMs: 0 }];
  return { agents: [agent], grants, credentials: fingerprint === null ? [] : [credentialOf(id, fingerprint)], resources: [], policies: [] };
}

function credentialOf(id: string, fingerprint: string): CredentialRecord {
  return {
    v: 1, version: 1, id: `${id}-key`, tenant: TENANT, provider: "desk", providerRef: `key-${id}`, kind: "api-key", fingerprint, principal: null, environment: "staging",
    reach: [], issuedTo: [id], alsoUsedBy: [], autoRevoke: "page", replacement: null, status: "active", atMs: 0,
  };
}
