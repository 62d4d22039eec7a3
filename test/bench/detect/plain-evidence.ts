/** The reference's evidence: burst, climb, scope and their combination, on plain objects. */
import { learnRates, measureRates, newRatesView, type Page, RATES_AT, type RatesView } from "@tripline/core";
import { advance, actionsPerHour, countAction, DAY_MS, destructiveShare, type PlainBaseline, type PlainFeature, type PlainScale, RING_DAYS } from "./plain-baseline.ts";

export interface PlainAction {
  readonly destructive: boolean;
  readonly operationHash: number;
  readonly resourceHash: number;
  readonly environmentHash: number;
  /** 1 outside the grant, 0 inside, −1 no statement. */
  readonly grant: number;
  /** What the rates count. */
  readonly callHash: number;
  readonly sideEffect: boolean;
  readonly bytes: number;
}

const ASSUMED_ACTIONS = [0.2, 0.6, 2, 6, 15];
const ASSUMED_DESTRUCTIVE = [0.1, 0.15, 0.4, 0.8, 1.5];
const ASSUMED_EVENTS = [1, 1, 0.5, 1, 1, 0.2, 1];
const ASSUMED_OTHERS = [1, 1, 10, 20, 2, 100, 5];
const MAX_FEATURE_ODDS = [64, 16, 64, 256, 16, 1_024, 32];
const CLIMBS = [
  ...[6, 9, 12, 15, 18, 22].flatMap((days) => [0.02, 0.035, 0.05, 0.08, 0.13].map((growth) => Array.from({ length: days }, (_, day) => (1 + growth) ** (day + 1)))),
  ...[1, 2, 4, 8, 16].flatMap((days) => [1.3, 1.6, 2, 3].map((factor) => Array.from({ length: days }, () => factor))),
].map((ratios) => ({ days: ratios.length, logs: ratios.map(Math.log), growth: ratios.map((ratio) => ratio - 1) }));

/** One action: tested, weighed, learned. Answers risk in bits. */
const rates = newRatesView();

export function sayCall(action: PlainAction, signs: RatesView["signs"]): void {
  signs.callHash = action.callHash;
  signs.sideEffect = action.sideEffect;
  signs.bytes = action.bytes;
}

/** The product's formulas, on a plain array of the agent's own: no word of it is read as a figure here and as bits there. */
function ratesBits(agent: PlainBaseline, action: PlainAction, atMs: number, ordinary: boolean): number {
  const words = agent.rates as unknown as Float32Array & Uint32Array;
  const page = { f32: words, u32: words, f64: NO_TIMES } satisfies Page;
  sayCall(action, rates.signs);
  measureRates(page, -RATES_AT, atMs, rates);
  learnRates(page, -RATES_AT, rates, ordinary);
  return rates.bits + rates.loop.bits;
}

const NO_TIMES = new Float64Array(0);

export function judgePlain(agent: PlainBaseline, action: PlainAction, atMs: number, agentHoursPerFalseTrip: number): number {
  advance(agent, atMs);
  const share = destructiveShare(agent);
  const perHour = actionsPerHour(agent);
  const burst = action.destructive ? burstBits(agent, share) : 0;
  const climb = action.destructive ? climbBits(agent, dispersionOfClusters(agent, share)) : 0;
  const { features } = agent.scope;
  const named = features[0]!.chances + features[2]!.chances + features[6]!.chances;
  const shown = [
    isNew(agent.names, named, action.operationHash),
    isNew(agent.resources, features[1]!.chances, action.resourceHash),
    isNew(agent.names, named, action.environmentHash),
    action.grant,
    -1,
    -1,
    -1,
  ];
  const left = agent.scope.bits === 0 ? 0 : agent.scope.bits * Math.exp((-(atMs - agent.scope.atMs) * Math.LN2) / DAY_MS);
  const level = Math.max(0, left + scopeGain(agent, shown));
  const budget = Math.max(10, Math.log2(agentHoursPerFalseTrip * Math.max(1, perHour)));
  const bits = combine(agent, atMs, burst === 0 ? 0 : burst - Math.log2(share), climb === 0 ? 0 : climb + Math.log2(24 * perHour), level);
  agent.scope.bits = level;
  agent.scope.atMs = atMs;
  if (bits < budget) learnScope(agent, action, shown);
  countAction(agent, action.destructive, bits < budget);
  return bits + ratesBits(agent, action, atMs, bits < budget);
}

function burstBits(agent: PlainBaseline, share: number): number {
  const own = Math.min(100, ((agent.lastMs - agent.dayZeroMs) / 3_600_000) * 5, agent.actionTerms / 5);
  const weight = 12 + own;
  const odds = share / (1 - share);
  return agent.scales.reduce((best, scale, index) => {
    const count = Math.min(64, scale.destructive);
    if (count < 0.05) return best;
    const near = (scale.actionsNear + ASSUMED_ACTIONS[index]! * 10) / (agent.actionTerms + 10);
    const assumed = Math.min(near, ASSUMED_DESTRUCTIVE[index]! + Math.max(0, 2 * odds * near - ASSUMED_DESTRUCTIVE[index]!) * (own / weight));
    return Math.max(best, betaGeometric(count, assumed * weight + scale.destructiveNear, weight + scale.destructiveTerms) - Math.log2(5));
  }, 0);
}

function betaGeometric(count: number, events: number, terms: number): number {
  let bits = 0;
  for (let below = 0; below < count; below += 1) bits += Math.min(1, count - below) * Math.log2((events + terms + below) / (events + below));
  return bits;
}

function dispersionOfClusters(agent: PlainBaseline, share: number): number {
  const { destructiveTerms: terms, destructiveNear: near, actionsNear }: PlainScale = agent.scales[4]!;
  const independent = agent.actionTerms === 0 ? 0 : ((share / (1 - share)) * terms * actionsNear) / agent.actionTerms;
  const noise = 0.5 * Math.sqrt(near + (near * near) / Math.max(1, terms));
  return 1 + 2 * Math.max(0, (near - independent - noise + 20) / (terms + 20));
}

function climbBits(agent: PlainBaseline, clusters: number): number {
  const count = Math.min(agent.today + 1, RING_DAYS);
  const days = Array.from({ length: count }, (_, day) => agent.days[(agent.today - count + 1 + day) % RING_DAYS]!);
  const destructive = days.reduce((sum, day) => sum + day.destructive, agent.reference.destructive);
  const actions = days.reduce((sum, day) => sum + day.actions, agent.reference.actions);
  if (destructive === 0) return 0;
  let best = 0;
  for (const { days: length, logs, growth } of CLIMBS) {
    if (length > count || (length === count && agent.reference.actions === 0)) continue;
    const start = count - length;
    let gain = 0;
    let exposure = 0;
    for (let day = 0; day < length; day += 1) {
      gain += days[start + day]!.destructive * logs[day]!;
      exposure += days[start + day]!.actions * growth[day]!;
    }
    const likelihood = gain - destructive * Math.log1p(exposure / actions);
    if (2 * likelihood < 4 * clusters) continue;
    const root = Math.sqrt((2 * likelihood) / (dispersion(agent, days, start, clusters) * (length <= 2 ? 2 : 1)));
    if (root > best && rose(agent, days, start)) best = root;
  }
  return best === 0 ? 0 : Math.max(0, -log2Tail(best) - Math.log2(5));
}

function dispersion({ reference }: PlainBaseline, days: PlainBaseline["days"], start: number, clusters: number): number {
  const before = days.slice(0, start);
  const destructive = before.reduce((sum, day) => sum + day.destructive, reference.destructive);
  const actions = before.reduce((sum, day) => sum + day.actions, reference.actions);
  const share = actions === 0 ? 0 : destructive / actions;
  const active = before.filter((day) => day.actions > 0);
  const chi = active.reduce((sum, day) => sum + (day.destructive - share * day.actions) ** 2 / Math.max(share * day.actions, 0.25), reference.chi);
  return Math.max(1, clusters, (10 * clusters + chi) / (10 + Math.max(0, reference.days + active.length - 1)));
}

function rose({ reference }: PlainBaseline, days: PlainBaseline["days"], start: number): boolean {
  const mean = (some: PlainBaseline["days"], destructive: number, count: number): number => {
    const active = some.filter((day) => day.actions > 0);
    return active.reduce((sum, day) => sum + day.destructive, destructive) / (active.length + count);
  };
  const now = mean(days.slice(start), 0, 0);
  const then = mean(days.slice(0, start), reference.destructive, reference.days);
  return !Number.isNaN(now) && (Number.isNaN(then) || now > then);
}

function log2Tail(x: number): number {
  const t = 1 / (1 + 0.2316419 * x);
  const series = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (-(x * x) / 2 - 0.5 * Math.log(2 * Math.PI) + Math.log(series)) / Math.LN2;
}

function usualShare({ scope }: PlainBaseline, at: number): number {
  const running = at === 0 && scope.features[0]!.chances > 0 && scope.sinceNovel < 10;
  const { events, chances }: PlainFeature = running ? scope.novelRun : scope.features[at]!;
  const seen = events + (running ? 5 : ASSUMED_EVENTS[at]!);
  return Math.min(0.98, Math.max(0.0005, seen / (seen + chances - events + (running ? 5 : ASSUMED_OTHERS[at]!))));
}

function scopeGain(agent: PlainBaseline, shown: readonly number[]): number {
  let sum = 0;
  let bets = 0;
  for (let at = 0; at < shown.length; at += 1) {
    if (shown[at]! < 0) continue;
    const share = usualShare(agent, at);
    sum += shown[at] === 0 ? 0.5 / (1 - share) : Math.min(MAX_FEATURE_ODDS[at]!, 0.5 / share);
    bets += 1;
  }
  return bets === 0 ? 0 : Math.log2(sum / bets);
}

function combine(agent: PlainBaseline, atMs: number, burstNow: number, climbNow: number, scope: number): number {
  const burst = Math.max(faded(agent.burst, atMs, 600_000), burstNow);
  const climb = Math.max(faded(agent.climb, atMs, 21_600_000), climbNow);
  if (burst > 0) {
    agent.burst.bits = burst;
    agent.burst.atMs = atMs;
  }
  if (climb > 0) {
    agent.climb.bits = climb;
    agent.climb.atMs = atMs;
  }
  const sum = Math.max(burst, climb) + scope;
  return sum === 0 ? 0 : Math.max(0, burst + Math.log2(0.25), climb + Math.log2(0.45), scope + Math.log2(0.2), sum - Math.log2(1 + sum * Math.LN2) + Math.log2(0.1));
}

function faded({ bits, atMs }: PlainBaseline["burst"], nowMs: number, halfLifeMs: number): number {
  const left = bits === 0 ? 0 : bits * Math.exp((-(nowMs - atMs) * Math.LN2) / halfLifeMs);
  return left < 0.5 ? 0 : left;
}

function learnScope(agent: PlainBaseline, action: PlainAction, shown: readonly number[]): void {
  const { scope } = agent;
  const novel = shown[0] === 1;
  if (scope.features[0]!.chances > 0 && scope.sinceNovel < 10) {
    scope.novelRun.chances += 1;
    if (novel) scope.novelRun.events += 1;
  }
  scope.sinceNovel = novel ? 0 : Math.min(10, scope.sinceNovel + 1);
  scope.features.forEach((feature, at) => {
    if (shown[at]! < 0) return;
    feature.chances += 1;
    if (shown[at] === 1) feature.events += 1;
    if (feature.chances <= 2_000) return;
    feature.chances /= 2;
    feature.events /= 2;
  });
  if (novel) add(agent.names, action.operationHash);
  if (shown[2] === 1) add(agent.names, action.environmentHash);
  if (shown[1] === 1) add(agent.resources, action.resourceHash);
}

function secondProbe(words: readonly number[], hash: number): number {
  return (Math.imul(hash, 0x9e3779b1) >>> 0) % (words.length * 32);
}

function has(words: readonly number[], bit: number): boolean {
  return (words[bit >> 5]! & (1 << (bit & 31))) !== 0;
}

/** `added`: names added at most; a set that cannot be full is not counted out. */
function isNew(words: readonly number[], added: number, hash: number): number {
  if (hash === 0) return -1;
  if (has(words, hash % (words.length * 32)) && has(words, secondProbe(words, hash))) return 0;
  if (2 * added <= words.length * 16) return 1;
  let set = 0;
  for (const word of words) set += ones(word);
  return set > words.length * 16 ? 0 : 1;
}

function ones(word: number): number {
  let count = 0;
  for (let left = word; left !== 0; left &= left - 1) count += 1;
  return count;
}

function add(words: number[], hash: number): void {
  for (const bit of [hash % (words.length * 32), secondProbe(words, hash)]) words[bit >> 5]! |= 1 << (bit & 31);
}
