/** The error reference, generated from the table in the model, so that the two cannot part. */
import { ERRORS } from "@tripline/model";
import { isTestCode, type Source, type Violation } from "./repository.ts";
import { lineOf } from "./source-text.ts";

export type ErrorTable = Readonly<Record<string, { readonly status: number; readonly text: string; readonly next: string }>>;

/** Headings by the second part of the code, in the order in which a user meets them. */
const SECTIONS: readonly { readonly area: string; readonly title: string }[] = [
  { area: "CONFIG", title: "Configuration" },
  { area: "INGEST", title: "Ingest" },
  { area: "ITEM", title: "Items dropped or set aside" },
  { area: "RECORD", title: "Records" },
  { area: "LOG", title: "Event log" },
  { area: "STORE", title: "Store" },
  { area: "SEAL", title: "Sealed secrets" },
  { area: "PROVIDER", title: "Credential providers" },
  { area: "ALERT", title: "Alerts" },
  { area: "LEASE", title: "Leases" },
  { area: "AGENT", title: "Agents" },
  { area: "BREAKER", title: "Breakers" },
  { area: "ADMIN", title: "Admin API" },
];

export function renderErrors(table: ErrorTable = ERRORS): string {
  const codes = Object.keys(table);
  const known = new Set(SECTIONS.map((section) => section.area));
  const sections = [
    ...SECTIONS.map(({ area, title }) => ({ title, codes: codes.filter((code) => areaOf(code) === area) })),
    { title: "Other", codes: codes.filter((code) => !known.has(areaOf(code))) },
  ];
  const parts = sections.filter((section) => section.codes.length > 0).map((section) => renderSection(section.title, section.codes, table));
  return [
    "# Errors",
    "",
    "Every error that a user can meet. The code is stable; the status is that of the HTTP answer, where there is one. Items",
    "that Tripline drops or sets aside are counted under the same codes, and dead letters carry them as their reason.",
    "",
    "Generated from `src/errors.ts` by `node test/tidy/write-errors.ts`; a test fails when this file is not current.",
    "",
    parts.join("\n\n"),
    "",
  ].join("\n");
}

function renderSection(title: string, codes: readonly string[], table: ErrorTable): string {
  const rows = codes.map((code) => {
    const { status, text, next } = table[code] ?? { status: 0, text: "", next: "" };
    return `| \`${code}\` | ${status} | ${cell(text)} | ${cell(next)} |`;
  });
  return [`## ${title}`, "", "| code | status | what it means | what to do |", "|---|---|---|---|", ...rows].join("\n");
}

function areaOf(code: string): string {
  return code.split("_")[1] ?? "";
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

const TABLE_FILE = "libs/model/src/errors.ts";

/** The product raises every code of the table and no other: an operator looks up what is shown, and finds nothing that never is. */
export function checkCodes(sources: readonly Source[], table: ErrorTable = ERRORS): Violation[] {
  const raised = new Set<string>();
  const violations: Violation[] = [];
  for (const source of sources) {
    if (isTestCode(source.path) || source.path === TABLE_FILE) continue;
    for (const match of source.code.matchAll(/\bTL_[A-Z]+(?:_[A-Z]+)*\b/g)) {
      raised.add(match[0]);
      if (table[match[0]] !== undefined) continue;
      const message = `raises ${match[0]}, which is not in the table. Add it to ${TABLE_FILE}.`;
      violations.push({ file: source.path, line: lineOf(source.text, match.index), message });
    }
  }
  const dead = Object.keys(table).filter((code) => !raised.has(code));
  return [...violations, ...dead.map((code) => ({ file: TABLE_FILE, line: null, message: `has ${code}, which nothing raises. Remove it, or raise it.` }))];
}

/** Codes in a rendered document, for comparing it with the table. */
export function documentedCodes(markdown: string): string[] {
  return [...markdown.matchAll(/^\| `(\w+)` \|/gm)].map((match) => match[1] ?? "");
}
