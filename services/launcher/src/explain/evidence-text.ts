/** Findings as a person checks them: expected, happened, how many bits, and what would make it fine. */
import { remedyFor } from "@tripline/core";
import type { Feature, Finding } from "@tripline/model";
import { plain, wrapped } from "../commands/output.ts";

/** Findings told of one trip, and features of one finding; the strongest of each. */
const MAX_FINDINGS = 3;
const MAX_FEATURES = 8;
const COLUMNS = 110;

/** Of a trip: hard findings first, then by bits. */
export function evidenceLines(findings: readonly Finding[], indent: string): string[] {
  const strongest = findings.toSorted((a, b) => Number(b.weight === "hard") - Number(a.weight === "hard") || b.bits - a.bits);
  const left = strongest.length - MAX_FINDINGS;
  return [...strongest.slice(0, MAX_FINDINGS).flatMap((finding) => findingLines(finding, indent)), ...(left > 0 ? [`${indent}and ${left} more ${left === 1 ? "finding" : "findings"}`] : [])];
}

/** One finding whole. */
export function findingLines(finding: Finding, indent: string): string[] {
  const { detector, rule, weight, bits, risk, features } = finding;
  const inside = `${indent}  `;
  const strength = weight === "hard" ? "hard: one is enough" : `${bits.toFixed(1)} bits${risk === null ? "" : `, risk ${risk.bits.toFixed(1)} of ${risk.budgetBits.toFixed(1)} that the budget allows`}`;
  const shown = features.toSorted((a, b) => b.bits - a.bits).slice(0, MAX_FEATURES);
  const remedies = new Set(shown.flatMap((one) => remedyFor(finding, one) ?? []));
  return [
    `${indent}${plain(detector)} (${plain(rule)}), ${strength}`,
    ...shown.flatMap((one) => featureLines(one, weight, inside)),
    ...[...remedies].flatMap((remedy, index) => wrapped(`${inside}${index === 0 ? "fine with" : "or       "}  ${remedy}`, COLUMNS, `${inside}           `)),
  ];
}

function featureLines({ name, bits, expected, observed }: Feature, weight: Finding["weight"], indent: string): string[] {
  const weighs = weight === "hard" ? "" : ` (${bits.toFixed(1)} bits)`;
  return wrapped(`${indent}${name}${weighs}: expected ${expected === "" ? "nothing" : expected}; happened ${observed === "" ? "-" : observed}`, COLUMNS, `${indent}    `);
}
