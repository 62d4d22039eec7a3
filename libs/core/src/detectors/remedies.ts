/**
 * What would make it fine: for each piece of evidence, which statement by a human would make the same action ordinary. Sentences for
 * people; nothing is decided by them. A new feature gets its sentence here.
 */
import type { Feature, Finding } from "@tripline/model";

/** What a sentence may name. */
interface Evidence {
  readonly finding: Pick<Finding, "agent" | "rule">;
  readonly observed: string;
}

type Sentence = (evidence: Evidence) => string;

/** The operation that a hard rule is named after. */
const operationOf = ({ rule }: Pick<Finding, "rule">): string => rule.replace(/^irreversible\./u, "");

/** Hard findings, by the beginning of their rule. One sentence each: they have one feature. */
const BY_RULE: Readonly<Record<string, Sentence>> = {
  "irreversible.": ({ finding }) => `A grant of ${finding.agent} that lists ${operationOf(finding)} under \`irreversible\`, with the resources and environments it may touch.`,
  "environment.crossing": ({ finding, observed }) => `A grant of ${finding.agent} whose \`environments\` include ${observed}; or, if it does not lie there, a correct entry under \`resources\`.`,
  "environment.unknown-irreversible": () => "An entry under `resources` that says where it lies, and then a grant or an approval for it.",
  "credential.never-issued": ({ finding }) => `${finding.agent} under \`issuedTo\` of that credential, or better a lease of its own.`,
  "credential.unregistered-irreversible": ({ finding }) => `The credential registered under \`credentials\`, with ${finding.agent} under \`issuedTo\`.`,
};

/** Soft findings, by feature. Habit makes most of them ordinary by itself: what is seen again and is judged harmless is learned. */
const BY_FEATURE: Readonly<Record<string, Sentence>> = {
  operation: ({ finding }) => `The operation under \`operations\` of a grant of ${finding.agent} says that it is expected; used without incident it becomes a habit.`,
  resource: ({ finding }) => `The resource under \`resources\` of a grant of ${finding.agent}; used without incident it becomes a habit.`,
  environment: ({ finding, observed }) => `A grant of ${finding.agent} whose \`environments\` include ${observed === "" ? "it" : observed}.`,
  grant: ({ finding }) => `A grant of ${finding.agent} that covers it: its operation or effect, its resource, its environment.`,
  provenance: () => "The value given in the task itself, or by a person, instead of taken from what a tool returned.",
  foreign: ({ finding }) => `${finding.agent} under \`issuedTo\` of that credential, or better a lease of its own.`,
  unregistered: ({ finding }) => `The credential registered under \`credentials\`, with ${finding.agent} under \`issuedTo\`.`,
  "destructive share over days": ({ finding }) => `A human who finds this the new normal resets the breaker: \`tripline reset ${finding.agent}\` makes these days its reference.`,
  "share of destructive actions": () => "Destructive actions spread as this agent usually spreads them, or a history in which they are usual.",
};

const BURST = /^destructive actions within /u;
const burst: Sentence = () => "The same actions further apart, or one bulk operation that a human approves; a reset after a look makes what was seen part of its history.";

const ARGUMENT = /^argument /u;
const argument: Sentence = () => "The value named in the task itself, or by a person, instead of taken from what a tool returned; what the agent names again and again without incident it gets to know.";

/** Null where nobody has written what would: then there is nothing that a statement could change. */
export function remedyFor(finding: Pick<Finding, "agent" | "rule" | "weight">, { name, observed }: Pick<Feature, "name" | "observed">): string | null {
  const evidence = { finding, observed };
  if (finding.weight === "hard") {
    const rule = Object.keys(BY_RULE).find((start) => finding.rule.startsWith(start));
    return rule === undefined ? null : BY_RULE[rule]!(evidence);
  }
  if (BURST.test(name)) return burst(evidence);
  if (ARGUMENT.test(name)) return argument(evidence);
  return Object.hasOwn(BY_FEATURE, name) ? BY_FEATURE[name]!(evidence) : null;
}
