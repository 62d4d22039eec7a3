/** The report as one file: figures, and curves drawn here. It loads nothing from anywhere. */
import { writeFile } from "node:fs/promises";
import { goalText, measuredText } from "./text.ts";
import { DataError } from "../data/lines.ts";
import type { Figure } from "./figure.ts";
import type { RoleMeasured } from "./injection-figures.ts";
import type { BehaviourResult } from "./protocol.ts";

/** @throws {DataError} where the file cannot be written. */
export async function writeReport(path: string, results: readonly BehaviourResult[]): Promise<void> {
  try {
    await writeFile(path, htmlReport(results));
  } catch (error) {
    throw new DataError(`${path} cannot be written (${(error as NodeJS.ErrnoException).code ?? "unknown"}). Name another file with --report.`);
  }
}

const STYLE = `body{font:15px/1.45 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.2rem;margin-top:2.5rem}h3{font-size:1rem;margin:1.5rem 0 .5rem}
table{border-collapse:collapse;width:100%;font-size:13px}th,td{text-align:left;padding:.25rem .5rem;border-bottom:1px solid #d8dee4;vertical-align:top}
td.n{font-variant-numeric:tabular-nums;white-space:nowrap}.missed{color:#b3261e;font-weight:600}.reached{color:#17683a;font-weight:600}
.grid{display:flex;flex-wrap:wrap;gap:1.25rem}figure{margin:0}figcaption{font-size:12px;max-width:15rem;overflow-wrap:anywhere}
svg text{font:11px system-ui,sans-serif;fill:#57606a}
@media(prefers-color-scheme:dark){body{color:#e6edf3;background:#0d1117}th,td{border-color:#30363d}.missed{color:#ff8f86}.reached{color:#63d18f}svg text{fill:#9aa4af}}`;

export function htmlReport(results: readonly BehaviourResult[]): string {
  const roles = results.flatMap((result) => result.roles);
  const drawn = roles.length === 0 ? [] : [
    section("ROC curves", "Share of compromised sessions flagged, by the share of benign ones flagged with them. The dashed line is chance, the dotted one five per cent.", roles.map(rocOf)),
    section("Alarm budget", "Share of benign sessions flagged at thresholds that come from history alone, by the share that was asked for. On the dashed line a budget is met exactly, above the dotted one it is missed by more than twice.", roles.map(budgetOf)),
    section("Delay", "Calls from the first that carries out the attack to the first that is flagged after the injection was read, at the threshold that flags five per cent of benign sessions. Up to 0 it is in time.", roles.map(delayOf)),
  ];
  const tables = results.map(({ name, what, calls, figures }) => `<h2>${text(name)}: ${text(what)}</h2><p>${calls} calls judged.</p>${tableOf(figures)}`);
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Detection quality</title><style>${STYLE}</style></head><body><h1>Detection quality</h1>${summary(results)}${drawn.join("")}${tables.join("")}</body></html>\n`;
}

function summary(results: readonly BehaviourResult[]): string {
  const withGoal = results.flatMap(({ figures }) => figures).filter(({ reached }) => reached !== null);
  const reached = withGoal.filter((figure) => figure.reached === true).length;
  return `<p>${reached} of ${withGoal.length} goals reached. Intervals are of 95 %.</p>`;
}

function tableOf(figures: readonly Figure[]): string {
  const rows = figures.map(({ name, value, interval, counts, goal, reached, reference }) => {
    const verdict = reached === null ? "<td></td>" : reached ? '<td class="reached">reached</td>' : '<td class="missed">missed</td>';
    return `<tr>${verdict}<td>${text(name)}</td><td class="n">${text(measuredText(value, interval, counts))}</td><td class="n">${text(goalText(goal))}</td><td>${text(reference ?? "")}</td></tr>`;
  });
  return `<table><thead><tr><th></th><th>Figure</th><th>Measured</th><th>Goal</th><th>Reference</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

function section(title: string, words: string, figures: readonly string[]): string {
  return `<h2>${text(title)}</h2><p>${text(words)}</p><div class="grid">${figures.join("")}</div>`;
}

const [SIZE, MARGIN] = [180, 38];
const at = (share: number): number => Math.round(10 * share * SIZE) / 10;
/** From shares, with the origin below on the left, to places in the drawing. */
const point = (x: number, y: number): string => `${MARGIN + at(Math.min(1, x))},${10 + SIZE - at(Math.min(1, y))}`;

function rocOf({ name, roc }: RoleMeasured): string {
  const line = (from: string, to: string, dash: string): string => `<path d="M${from}L${to}" stroke="#8c959f" stroke-dasharray="${dash}"/>`;
  const curve = roc.map(({ benign, attacked }) => point(benign, attacked)).join("L");
  const drawing = roc.length === 0 ? "" : `<path d="M${curve}" stroke="#0969da" stroke-width="2"/>`;
  return chart(name, `${line(point(0, 0), point(1, 1), "5 4")}${line(point(0.05, 0), point(0.05, 1), "2 3")}${drawing}`, ["0", "1"], ["0", "1"]);
}

/** Budgets up to this are drawn. */
const MAX_BUDGET = 0.25;

function budgetOf({ name, budgets }: RoleMeasured): string {
  const scaled = (asked: number, met: number): string => point(asked / MAX_BUDGET, met / MAX_BUDGET);
  const line = (factor: number, dash: string): string => `<path d="M${scaled(0, 0)}L${scaled(MAX_BUDGET / factor, MAX_BUDGET)}" stroke="#8c959f" stroke-dasharray="${dash}"/>`;
  const dots = budgets.map(({ asked, met }) => {
    const [x, y] = scaled(asked, met).split(",");
    return `<circle cx="${x}" cy="${y}" r="4" fill="${met > 2 * asked ? "#cf222e" : "#0969da"}" stroke="none"><title>asked ${percent(asked)}, met ${percent(met)}</title></circle>`;
  });
  return chart(name, `${line(1, "5 4")}${line(2, "2 3")}${dots.join("")}`, ["0", percent(MAX_BUDGET)], ["0", percent(MAX_BUDGET)]);
}

const DELAYS: readonly (readonly [label: string, holds: (delay: number | null) => boolean])[] = [
  ["<0", (delay) => delay !== null && delay < 0],
  ["0", (delay) => delay === 0],
  ["1", (delay) => delay === 1],
  ["2", (delay) => delay === 2],
  ["3+", (delay) => delay !== null && delay > 2],
  ["never", (delay) => delay === null],
];

function delayOf({ name, delays }: RoleMeasured): string {
  const width = SIZE / DELAYS.length;
  const bars = DELAYS.map(([label, holds], index) => {
    const share = delays.length === 0 ? 0 : delays.filter(holds).length / delays.length;
    const x = MARGIN + index * width;
    const fill = index <= 1 ? "#1a7f37" : index < DELAYS.length - 1 ? "#bf8700" : "#cf222e";
    return `<rect x="${x + 3}" y="${10 + SIZE - at(share)}" width="${width - 6}" height="${at(share)}" fill="${fill}" stroke="none"><title>${text(label)}: ${percent(share)}</title></rect><text x="${x + width / 2}" y="${SIZE + 24}" text-anchor="middle">${text(label)}</text>`;
  });
  return chart(name, bars.join(""), ["", ""], ["0", "1"]);
}

function chart(name: string, drawing: string, xs: readonly [string, string], ys: readonly [string, string]): string {
  const frame = `<path d="M${point(0, 1)}L${point(0, 0)}L${point(1, 0)}" stroke="#57606a"/>`;
  const label = (x: number, y: number, anchor: string, words: string): string => `<text x="${x}" y="${y}" text-anchor="${anchor}">${text(words)}</text>`;
  const labels = [label(MARGIN, SIZE + 24, "middle", xs[0]), label(MARGIN + SIZE, SIZE + 24, "end", xs[1]), label(MARGIN - 5, SIZE + 12, "end", ys[0]), label(MARGIN - 5, 16, "end", ys[1])];
  return `<figure><svg role="img" aria-label="${text(name)}" width="${SIZE + MARGIN + 10}" height="${SIZE + 30}" fill="none">${frame}${drawing}${labels.join("")}</svg><figcaption>${text(name)}</figcaption></figure>`;
}

const percent = (share: number): string => `${Math.round(1_000 * share) / 10} %`;

const ESCAPED: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Names of sets and roles come from data. */
function text(words: string): string {
  return words.replace(/[&<>"']/g, (character) => ESCAPED[character]!);
}
