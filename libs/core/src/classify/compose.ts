/** How verdicts are made, ordered and combined. */
import type { Effect, Reversibility } from "@tripline/model";
import { MAX_TARGETS, MAX_VERDICTS } from "./bounds.ts";
import type { Blast, Classification, Target, Verdict } from "./verdict.ts";

export type Parse = Classification["parse"];
export type Span = NonNullable<Verdict["span"]>;

/** What is known of an operation before it is seen in a text: the row type of every table of knowledge. */
export interface Knowledge {
  readonly operation: string;
  readonly effect: Effect;
  readonly reversibility: Reversibility;
  readonly reason: string;
  readonly safer?: string;
  /** See `Verdict.confinedTo`. */
  readonly confinedTo?: "workspace";
  /** See `Verdict.overwrites`. */
  readonly overwrites?: boolean;
  readonly blast?: Blast;
}

/** A verdict from a row of knowledge. `rule` is the stable id that findings and policies name. */
export function verdictOf(known: Knowledge, rule: string, targets: readonly Target[] = [], span: Span | null = null): Verdict {
  return {
    operation: known.operation,
    effect: known.effect,
    reversibility: known.reversibility,
    rule,
    reason: known.reason,
    targets: targets.length > MAX_TARGETS ? targets.slice(0, MAX_TARGETS) : targets,
    span,
    saferAlternative: known.safer ?? null,
    ...(known.confinedTo === undefined ? {} : { confinedTo: known.confinedTo }),
    ...(known.overwrites === undefined ? {} : { overwrites: known.overwrites }),
    ...(known.blast === undefined ? {} : { blast: known.blast }),
  };
}

/** The answer where a text cannot be understood: may do anything, cannot be undone for all we know. */
export function unknownVerdict(operation: string, rule: string, reason: string, span: Span | null = null): Verdict {
  return verdictOf({ operation, effect: "execute", reversibility: "unknown", reason }, rule, [], span);
}

const REVERSIBILITY_RANK: Record<Reversibility, number> = { irreversible: 3, unknown: 2, recoverable: 1, reversible: 0 };
const EFFECT_RANK: Record<Effect, number> = { delete: 6, admin: 5, execute: 4, publish: 3, write: 2, create: 1, read: 0 };

/** Irreversible before unknown before recoverable before reversible; then by effect, reads last. */
export function severity(verdict: Verdict): number {
  return REVERSIBILITY_RANK[verdict.reversibility] * 8 + EFFECT_RANK[verdict.effect];
}

const PARSE_RANK: Record<Parse, number> = { parsed: 0, partial: 1, unparsable: 2 };

/** The less certain of two parses. */
export function worseParse(a: Parse, b: Parse): Parse {
  return PARSE_RANK[a] >= PARSE_RANK[b] ? a : b;
}

/**
 * Combines verdicts, in order of execution. Never empty: no verdict at all becomes `unknown`. Equal verdicts on equal
 * targets count once; past MAX_VERDICTS the least severe are dropped and the parse says `partial`.
 */
export function compose(verdicts: readonly Verdict[], parse: Parse): Classification {
  if (verdicts.length === 0) verdicts = [unknownVerdict("unknown", "core.empty", "Nothing here could be understood.")];
  const kept = verdicts.length > MAX_VERDICTS ? mostSevere(verdicts) : verdicts;
  let worst = kept[0]!;
  for (const verdict of kept) if (severity(verdict) > severity(worst)) worst = verdict;
  return { verdicts: kept, worst, parse: kept === verdicts ? parse : worseParse(parse, "partial") };
}

/** What was judged of a text that was cut off at the capture limit: what follows may be worse than what is seen. */
export function cutOff(judged: Classification): Classification {
  const rest = verdictOf({ operation: "core.truncated", effect: "execute", reversibility: "unknown", reason: "The call was cut off; the rest is not seen." }, "core.truncated");
  return compose([...judged.verdicts, rest], "partial");
}

function mostSevere(verdicts: readonly Verdict[]): Verdict[] {
  const cut = verdicts
    .map((verdict, at) => ({ at, rank: severity(verdict) }))
    .toSorted((a, b) => b.rank - a.rank || a.at - b.at)
    .slice(0, MAX_VERDICTS)
    .map(({ at }) => at)
    .toSorted((a, b) => a - b);
  return cut.map((at) => verdicts[at]!);
}
