/**
 * The reference: the same maths on one plain object per agent, with named fields and small arrays, as one would write it first. Held
 * to the product's figures by the benchmark before anything is measured. Formulas and constants: `libs/core/src/{baseline,risk}`.
 */
import { RATES_AT, STRIDE_BYTES } from "@tripline/core";

export const SCALES_MS = [2_000, 10_000, 60_000, 600_000, 3_600_000];
export const RING_DAYS = 24;
export const DAY_MS = 86_400_000;

/** Words that the rates have in the product's stride. */
const RATES_WORDS = STRIDE_BYTES / 4 - RATES_AT;

export interface PlainScale {
  actions: number;
  destructive: number;
  actionsNear: number;
  destructiveNear: number;
  destructiveTerms: number;
  clusterNear: number;
  clusterTerms: number;
}

export interface PlainFeature {
  events: number;
  chances: number;
}

export interface PlainBaseline {
  lastMs: number;
  dayZeroMs: number;
  today: number;
  scales: PlainScale[];
  actionTerms: number;
  rate: { actions: number; days: number };
  share: { actions: number; destructive: number };
  scope: { bits: number; atMs: number; features: PlainFeature[]; novelRun: PlainFeature; sinceNovel: number };
  burst: { bits: number; atMs: number };
  climb: { bits: number; atMs: number };
  days: { actions: number; destructive: number }[];
  reference: { actions: number; destructive: number; days: number; chi: number; frozenShare: number };
  names: number[];
  resources: number[];
  rates: number[];
}

export function newPlainBaseline(): PlainBaseline {
  const zeros = (length: number): number[] => Array.from({ length }, () => 0);
  return {
    lastMs: 0,
    dayZeroMs: 0,
    today: 0,
    scales: SCALES_MS.map(() => ({ actions: 0, destructive: 0, actionsNear: 0, destructiveNear: 0, destructiveTerms: 0, clusterNear: 0, clusterTerms: 0 })),
    actionTerms: 0,
    rate: { actions: 0, days: 0 },
    share: { actions: 0, destructive: 0 },
    scope: { bits: 0, atMs: 0, features: zeros(7).map(() => ({ events: 0, chances: 0 })), novelRun: { events: 0, chances: 0 }, sinceNovel: 0 },
    burst: { bits: 0, atMs: 0 },
    climb: { bits: 0, atMs: 0 },
    days: zeros(RING_DAYS).map(() => ({ actions: 0, destructive: 0 })),
    reference: { actions: 0, destructive: 0, days: 0, chi: 0, frozenShare: 0 },
    names: zeros(32),
    resources: zeros(96),
    rates: zeros(RATES_WORDS),
  };
}

export function advance(agent: PlainBaseline, atMs: number): void {
  if (agent.lastMs === 0) {
    agent.lastMs = atMs;
    agent.dayZeroMs = atMs;
    agent.rate.days = 1;
    return;
  }
  const passedMs = atMs - agent.lastMs;
  if (passedMs <= 0) return;
  agent.lastMs = atMs;
  agent.scales.forEach((scale, index) => {
    const decay = passedMs > 16 * SCALES_MS[index]! ? 0 : Math.exp(-passedMs / SCALES_MS[index]!);
    scale.actions *= decay;
    scale.destructive *= decay;
  });
  rollDays(agent, Math.floor((atMs - agent.dayZeroMs) / DAY_MS));
}

function rollDays(agent: PlainBaseline, day: number): void {
  if (day <= agent.today) return;
  for (let today = Math.max(agent.today + 1, day - RING_DAYS); today <= day; today += 1) {
    const leaving = agent.days[today % RING_DAYS]!;
    if (today >= RING_DAYS) closeDay(agent, leaving.actions, leaving.destructive);
    agent.days[today % RING_DAYS] = { actions: 0, destructive: 0 };
  }
  agent.today = day;
  agent.rate.days += 1;
  if (agent.rate.days > 60) agent.rate = { actions: agent.rate.actions / 2, days: agent.rate.days / 2 };
}

function closeDay({ reference }: PlainBaseline, actions: number, destructive: number): void {
  if (actions === 0) return;
  const share = reference.actions === 0 ? 0 : reference.destructive / reference.actions;
  if (reference.days < 28) {
    if (reference.days > 0) reference.chi += Math.min(25, (destructive - share * actions) ** 2 / Math.max(share * actions, 0.25));
    reference.actions += actions;
    reference.destructive += destructive;
    reference.days += 1;
    reference.frozenShare = reference.destructive / reference.actions;
    return;
  }
  const moved = Math.min(Math.max(destructive / actions, share * 0.995), share * 1.005);
  reference.destructive = reference.actions * Math.min(Math.max(moved, reference.frozenShare / 2), reference.frozenShare * 2);
}

export function destructiveShare({ share }: PlainBaseline): number {
  return Math.min((share.destructive + 1) / (share.actions + 50), 0.9);
}

export function actionsPerHour(agent: PlainBaseline): number {
  const today = (agent.lastMs - agent.dayZeroMs) / DAY_MS - agent.today;
  const hours = Math.max(0, agent.rate.days - 1 + Math.min(1, Math.max(0, today))) * 24;
  return Math.max(1, (agent.rate.actions + 60) / (hours + 1));
}

export function countAction(agent: PlainBaseline, destructive: boolean, ordinary: boolean): void {
  const day = agent.days[agent.today % RING_DAYS]!;
  day.actions += 1;
  agent.rate.actions += 1;
  if (destructive) day.destructive += 1;
  if (ordinary && destructive) agent.scales.forEach((scale, index) => learnCluster(agent, scale, index));
  if (ordinary && !destructive) learnNearness(agent);
  for (const scale of agent.scales) {
    scale.actions += 1;
    if (destructive) scale.destructive += 1;
  }
}

function learnNearness(agent: PlainBaseline): void {
  agent.share.actions += 1;
  halveShare(agent);
  if (agent.scales[1]!.destructive > 0.3) return;
  agent.actionTerms += 1;
  for (const scale of agent.scales) scale.actionsNear += scale.actions - scale.destructive;
  if (agent.actionTerms <= 4_000) return;
  agent.actionTerms /= 2;
  for (const scale of agent.scales) scale.actionsNear /= 2;
}

function halveShare({ share }: PlainBaseline): void {
  if (share.actions <= 20_000) return;
  share.actions /= 2;
  share.destructive /= 2;
}

function learnCluster(agent: PlainBaseline, scale: PlainScale, index: number): void {
  if (scale.destructive < 0.1 || scale.clusterTerms >= 64) {
    scale.destructiveNear += scale.clusterNear;
    scale.destructiveTerms += scale.clusterTerms;
    if (index === 2) {
      agent.share.actions += scale.clusterTerms;
      agent.share.destructive += scale.clusterTerms;
    }
    scale.clusterNear = 0;
    scale.clusterTerms = 0;
    if (scale.destructiveTerms > 400) {
      scale.destructiveNear /= 2;
      scale.destructiveTerms /= 2;
    }
  }
  const usual = scale.destructiveTerms === 0 ? 0 : scale.destructiveNear / scale.destructiveTerms;
  scale.clusterNear += Math.min(scale.destructive, 8 + 4 * usual);
  scale.clusterTerms += 1;
}
