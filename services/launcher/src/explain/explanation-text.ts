/** An explanation as a person reads it. */
import { placeName } from "@tripline/core";
import { plain, table, wrapped } from "../commands/output.ts";
import { type DescribedCall, FORM_WORDS } from "./described-call.ts";
import type { ExplainedVerdict, Explanation, Ruling } from "./explanation.ts";
import { underlined } from "./underlined.ts";

const PARSE = { parsed: null, partial: "Not all of it could be understood: what is not, may do anything.", unparsable: "It could not be understood: it may do anything." } as const;
/** Verdicts listed beside the one that decides. */
const MAX_OTHERS = 12;
const MAX_TARGETS = 5;
const COLUMNS = 110;

export function explanationText(explanation: Explanation, described: DescribedCall): string {
  const { verdict, verdicts, agents, parse } = explanation;
  const others = verdicts.filter((one) => one !== verdict);
  return [
    `Read as ${readAs(explanation, described)}${explanation.guessed ? " (say --as if it is none)" : ""}.`,
    ...(explanation.cut ? ["Longer than what is kept of a call: only the beginning is judged."] : []),
    ...(PARSE[parse] === null ? [] : [PARSE[parse]]),
    "",
    ...underlined(described.text, verdict.span),
    "",
    ...verdictLines(verdict),
    ...(others.length === 0 ? [] : ["", "Also in it:", ...othersTable(others)]),
    "",
    ...agents.flatMap(rulingLines),
  ].join("\n");
}

function readAs({ tool, toldBy }: Explanation, { form }: DescribedCall): string {
  const what = tool === null ? FORM_WORDS[form] : `a call of the tool ${plain(tool)}`;
  return toldBy === null ? what : `${what}, ${toldBy}`;
}

function verdictLines(verdict: ExplainedVerdict): string[] {
  const { reversibility, effect, operation, rule, reason, targets, saferAlternative } = verdict;
  const confined = verdict.confinedTo === undefined ? "" : `, within the agent's own ${verdict.confinedTo}`;
  return [
    `${reversibility.toUpperCase()}${confined}: ${plain(operation)}`,
    ...wrapped(`  ${reason}`, COLUMNS, "  "),
    `  effect   ${effect}`,
    `  rule     ${plain(rule)}`,
    ...targets.slice(0, MAX_TARGETS).map((target, index) => `  ${index === 0 ? "target " : "       "}  ${targetText(target)}`),
    ...(targets.length > MAX_TARGETS ? [`           and ${targets.length - MAX_TARGETS} more`] : []),
    ...(saferAlternative === null ? [] : [`  safer    ${plain(saferAlternative)}`]),
  ];
}

const SAYS: Readonly<Record<string, string>> = { inventory: "says the inventory", call: "says the call", credential: "where its credential reaches" };

function targetText({ kind, id, environment, source }: ExplainedVerdict["targets"][number]): string {
  const where = source === "host" ? "where the agent runs" : environment === "unknown" ? "environment unknown" : `${environment}, ${SAYS[source] ?? source}`;
  return plain(`${placeName({ kind, id })} (${where})`);
}

function othersTable(others: readonly ExplainedVerdict[]): string[] {
  const rows = others.slice(0, MAX_OTHERS).map((one) => [one.reversibility, one.effect, one.operation, one.targets.map(({ id }) => id).join(", ").slice(0, 60)]);
  const text = table(["REVERSIBILITY", "EFFECT", "OPERATION", "TARGETS"], rows);
  const more = others.length - rows.length;
  return [...text.split("\n").map((line) => `  ${line}`), ...(more > 0 ? [`  and ${more} more`] : [])];
}

const VERDICT_WORDS = {
  trip: "TRIPS: its breaker opens at this one call",
  approval: "APPROVAL: no hard rule fires; not known to be harmless or undoable, so a person is to be asked. It counts in the agent's risk",
  pass: "PASSES: no hard rule fires. It counts in the agent's risk like any other call",
} as const;

function rulingLines({ agent, environment, says, rules }: Ruling): string[] {
  const head = wrapped(`${agent} (${environment})  ${VERDICT_WORDS[says]}.`, COLUMNS, "  ");
  return [...head, ...rules.flatMap(({ rule, summary, remedy }) => [...wrapped(`  ${rule}: ${summary}`, COLUMNS, "    "), ...(remedy === null ? [] : wrapped(`    fine with: ${remedy}`, COLUMNS, "      "))])];
}
