import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { newRateMemory, RHYTHM_RATE_WORDS, type RateMemory } from "./layout.ts";
import { learnRate, measureRate, newRateEvidence, plainUpTo, type RateStream, UNUSUAL_BITS } from "./rate.ts";

const BOTH: RateStream = { side: "both", rhythm: false, resolution: 0 };
const UP: RateStream = { ...BOTH, side: "up" };
const DAILY: RateStream = { ...BOTH, rhythm: true };
const FIVE_MINUTES = 300_000;
const START_MS = Date.UTC(2026, 0, 5);

class Fed {
  memory: RateMemory = newRateMemory();
  readonly evidence = newRateEvidence();
  readonly #stream: RateStream;
  #atMs: number;

  constructor(stream: RateStream, atMs = START_MS) {
    this.#stream = stream;
    this.#atMs = atMs;
  }

  get atMs(): number {
    return this.#atMs;
  }

  /** Bits of each sample, each judged before it is learned. */
  feed(count: number, value: (index: number) => number): { bits: number; fresh: boolean }[] {
    return Array.from({ length: count }, (_, index) => {
      measureRate(this.memory, 0, this.#stream, value(index), this.#atMs, this.evidence);
      const { bits, fresh } = this.evidence;
      learnRate(this.memory, 0, this.#stream, this.evidence);
      this.#atMs += FIVE_MINUTES;
      return { bits, fresh };
    });
  }

  alarms(count: number, value: (index: number) => number): number {
    return this.feed(count, value).filter(({ bits, fresh }) => fresh && bits >= UNUSUAL_BITS).length;
  }

  peek(value: number): number {
    measureRate(this.memory, 0, this.#stream, value, this.#atMs, this.evidence);
    return this.evidence.bits;
  }
}

/** Numbers in [0, 1) that are the same on every run. */
function randoms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

function poisson(random: () => number, mean: number): number {
  let count = 0;
  for (let product = random(); product > Math.exp(-mean); product *= random()) count += 1;
  return count;
}

const normal = (random: () => number): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

describe("a stream of numbers", () => {
  it("that never varied is neither blind nor alarmed by a small step", () => {
    const flat = new Fed(BOTH);
    expect(flat.alarms(500, () => 45)).toBe(0);
    expect(flat.peek(46)).toBeLessThan(UNUSUAL_BITS);
    expect(flat.peek(200)).toBeGreaterThan(UNUSUAL_BITS);
  });
  it("of counts that are mostly nothing bears its resolution, not the first one", () => {
    const idle = new Fed({ ...UP, resolution: 1 });
    idle.feed(500, () => 0);
    expect(idle.peek(1)).toBe(0);
    expect(idle.peek(100)).toBeGreaterThan(UNUSUAL_BITS);
  });
  it("says nothing before it knows anything", () => {
    expect(new Fed(BOTH).feed(20, (index) => (index === 19 ? 1e9 : 1)).every(({ bits }) => bits === 0)).toBe(true);
  });
  it.each([
    ["counts", (random: () => number) => poisson(random, 5)],
    ["normal values", normal],
    ["heavy-tailed sizes", (random: () => number) => Math.exp(1.5 * normal(random))],
    ["two levels", (random: () => number) => (random() < 0.3 ? 80 : 20)],
  ])("of plain %s raises about as few alarms as its bits say", (_, draw) => {
    const random = randoms(7);
    const stream = new Fed(BOTH);
    expect(stream.alarms(20_000, () => draw(random))).toBeLessThanOrEqual((20_000 / 2 ** UNUSUAL_BITS) * 3);
  });
  it("follows a slow drift without a word", () => {
    const random = randoms(3);
    expect(new Fed(BOTH).alarms(10_000, (index) => 100 + index / 50 + 5 * normal(random))).toBeLessThanOrEqual(2);
  });
  it("tells a shift of level and gets used to it", () => {
    const random = randoms(5);
    const stream = new Fed(BOTH);
    stream.feed(2_000, () => 100 + 5 * normal(random));
    const first = stream.feed(20, () => 300 + 5 * normal(random));
    expect(first[0]!.bits).toBeGreaterThan(UNUSUAL_BITS);
    stream.feed(3_000, () => 300 + 5 * normal(random));
    expect(stream.peek(300)).toBeLessThan(1);
  });
  it("is not carried far by one outlier, however large", () => {
    const random = randoms(9);
    const stream = new Fed(BOTH);
    stream.feed(1_000, () => 10 + normal(random));
    stream.feed(1, () => 1e12);
    expect(stream.memory.f32[1]!).toBeLessThan(11);
    expect(stream.peek(10)).toBeLessThan(UNUSUAL_BITS);
  });
  it("does not repeat an alarm until it has faded, unless it is stronger", () => {
    const random = randoms(11);
    const stream = new Fed(BOTH);
    stream.feed(2_000, () => 10 + normal(random));
    const [first, again] = stream.feed(2, () => 60);
    expect(first!.fresh).toBe(true);
    expect(again!.fresh).toBe(false);
    stream.peek(1e6);
    expect(stream.evidence.fresh).toBe(true);
  });
  it("that may only be too high is silent when it drops", () => {
    const random = randoms(13);
    const stream = new Fed(UP);
    stream.feed(1_000, () => 1_000 + 10 * normal(random));
    expect(stream.peek(0)).toBe(0);
    expect(stream.peek(2_000)).toBeGreaterThan(UNUSUAL_BITS);
  });
  it("names the value up to which a sample says nothing by itself", () => {
    const random = randoms(15);
    const stream = new Fed(UP);
    expect(plainUpTo(stream.memory, 0, UP)).toBe(Infinity);
    stream.feed(1_000, () => 100 + 10 * normal(random));
    const value = plainUpTo(stream.memory, 0, UP);
    stream.peek(value * 0.9999);
    expect(stream.evidence.bitsOf[0]).toBe(0);
    stream.peek(value * 1.0001);
    expect(stream.evidence.bitsOf[0]).toBeGreaterThan(0);
  });
  it("stays in numbers whatever it is fed", () => {
    const sample = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, 1e300, -1e300, Number.MIN_VALUE));
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 400 }), fc.boolean(), (samples, rhythm) => {
        const stream = new Fed({ ...BOTH, rhythm });
        const told = stream.feed(samples.length, (index) => samples[index]!);
        expect(told.every(({ bits }) => bits >= 0 && bits < Infinity)).toBe(true);
        expect(stream.memory.f32.subarray(0, 19).every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 100 },
    );
  });
  it("goes on from a copy of its words as if nothing had happened", () => {
    const random = randoms(17);
    const one = new Fed(DAILY);
    one.feed(1_500, () => poisson(random, 4));
    const other = new Fed(DAILY, one.atMs);
    other.memory.u32.set(one.memory.u32);
    expect(one.memory.u32).toHaveLength(RHYTHM_RATE_WORDS);
    expect(other.peek(40)).toBe(one.peek(40));
  });
});

describe("a daily rhythm", () => {
  const byHour = (index: number): number => {
    const hour = Math.floor(index / 12) % 24;
    return hour >= 9 && hour < 17 ? 80 : 20;
  };
  it("makes a quiet working day news, which the level alone does not see", () => {
    const random = randoms(19);
    const days = 10 * 288;
    const noisy = (index: number): number => byHour(index) + normal(random);
    const [daily, plain] = [new Fed(DAILY), new Fed(BOTH)];
    daily.feed(days, noisy);
    plain.feed(days, noisy);
    const holiday = (): number => 20 + normal(random);
    expect(daily.feed(288, holiday).some(({ bits }) => bits >= UNUSUAL_BITS)).toBe(true);
    expect(plain.feed(288, holiday).some(({ bits }) => bits >= UNUSUAL_BITS)).toBe(false);
  });
  it("is no news, and neither is work that begins half an hour early", () => {
    const random = randoms(21);
    const stream = new Fed(DAILY);
    stream.feed(10 * 288, (index) => byHour(index) + normal(random));
    expect(stream.alarms(288, (index) => byHour(index + 6) + normal(random))).toBe(0);
  });
  it("learns that a nightly job is no news, though its spike is rare among all samples", () => {
    const random = randoms(23);
    const nightly = (index: number): number => (index % 288 === 24 ? 500 : 10) + normal(random);
    const [daily, plain] = [new Fed(DAILY), new Fed(BOTH)];
    daily.feed(21 * 288, nightly);
    plain.feed(21 * 288, nightly);
    const strongest = (fed: Fed): number => Math.max(...fed.feed(288, nightly).map(({ bits }) => bits));
    expect(strongest(daily)).toBeLessThan(strongest(plain) / 2);
  });
});
