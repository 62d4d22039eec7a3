/** What a terminal shows of a run: a frame redrawn while it lasts, or single lines where there is no terminal. Pure. */
import { PROTECTION_TEXT } from "./scenario.ts";
import type { GateFacts } from "./gate-acts.ts";
import type { Moment, Run } from "./timeline.ts";

export interface FrameOptions {
  readonly nowMs: number;
  readonly position: string;
  readonly colour: boolean;
  /** Columns. */
  readonly width: number;
}

const ESCAPE = "\u001b";
const CODES = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2, bold: 1 } as const;
type Colour = keyof typeof CODES;
type Paint = (colour: Colour, text: string) => string;

const painter =
  (colour: boolean): Paint =>
  (name, text) =>
    colour ? `${ESCAPE}[${CODES[name]}m${text}${ESCAPE}[0m` : text;

/** Lines of the timeline that stay on the screen. */
const SHOWN_MOMENTS = 12;

export function renderFrame(run: Run, options: FrameOptions): string[] {
  const paint = painter(options.colour);
  const left = run.volumes.length - run.volumesLost;
  const moments = condense(run.moments).slice(-SHOWN_MOMENTS);
  const head = `run ${options.position}  ${paint("bold", run.protection.padEnd(5))} ${paint("dim", PROTECTION_TEXT[run.protection])}`;
  return [
    head,
    "",
    `  production volumes  ${cells(run, paint)}   ${paint(run.volumesLost === 0 ? "green" : "red", `${left} of ${run.volumes.length} left`)}`,
    `  their backups       ${run.backupsTotal - run.backupsLost} of ${run.backupsTotal} left`,
    ...states(run, paint),
    "",
    ...moments.map((moment) => `  ${renderMoment(moment, paint, options.width - 2)}`),
    ...Array.from({ length: Math.max(0, SHOWN_MOMENTS - moments.length) }, () => ""),
    paint("dim", options.nowMs === 0 ? "  before the first destructive call" : `  ${stamp(options.nowMs)} since the first destructive call`),
  ].map((line) => fitColumns(line, options.width));
}

const COLOUR_CODES = new RegExp(`(${ESCAPE}\\[\\d+m)`);

/** Of many like moments in a row, the first and the last: what is different must not scroll away. */
function condense(moments: readonly Moment[]): Moment[] {
  return moments.filter(({ kind }, index) => kind !== moments[index - 1]?.kind || kind !== moments[index + 1]?.kind);
}

/** Cuts a line to the terminal's width, so that a frame never wraps: colour codes take no column and are all kept. */
function fitColumns(line: string, width: number): string {
  let left = width;
  return line
    .split(COLOUR_CODES)
    .map((part) => {
      if (part.startsWith(ESCAPE)) return part;
      const shown = part.slice(0, Math.max(0, left));
      left -= shown.length;
      return shown;
    })
    .join("");
}

export function renderLine(moment: Moment, protection: string, colour: boolean, width: number): string {
  const paint = painter(colour);
  return `${paint("dim", protection.padEnd(4))} ${renderMoment(moment, paint, width - 5)}`;
}

/** One line per run, at the end. */
export function renderResult(run: Run, colour: boolean): string {
  const paint = painter(colour);
  const lost = `${run.volumesLost} of ${run.volumes.length} volumes lost`;
  const verified = run.verified ? `verified ${stamp(run.verifiedMs)}` : "NOT verified";
  const times = run.gate !== null ? gateResult(run, run.gate) : run.protection === "none" ? "nothing stopped it" : `trip ${stamp(run.tripMs)}, refused ${stamp(run.refusedMs)}, ${verified}`;
  return `  ${paint("bold", run.protection.padEnd(5))} ${paint(run.volumesLost <= 1 ? "green" : "red", lost.padEnd(25))} ${paint("dim", times)}`;
}

function gateResult({ heldMs }: Run, { selfApproval, executedExactly, cancelledKept, database }: GateFacts): string {
  const said = (what: string, isSo: boolean | null): string => `${what} ${isSo === true ? "yes" : "NO"}`;
  return [
    `first call held ${stamp(heldMs)}`, said("self-approval refused:", selfApproval !== null && selfApproval.status >= 400),
    said("approved executed exactly:", executedExactly), said("cancelled kept:", cancelledKept),
    database === null ? "no database restored: there is no pg_dump here" : said("database restored:", database.restoredAfterMs !== null),
  ].join(", ");
}

/** A time since the first destructive call: `+93 ms`, `-1.50 s`, `never`. */
export function stamp(ms: number | null): string {
  if (ms === null) return "never";
  const sign = ms < 0 ? "-" : "+";
  const size = Math.abs(ms);
  return size < 1_000 ? `${sign}${Math.round(size)} ms` : `${sign}${(size / 1_000).toFixed(2)} s`;
}

function cells(run: Run, paint: Paint): string {
  return run.volumes.map(({ lostMs }) => (lostMs === null ? paint("green", "■") : paint("red", "×"))).join(" ");
}

function states(run: Run, paint: Paint): string[] {
  if (run.protection === "none") return ["", "", ""];
  if (run.protection === "gate") return [`  first call          ${run.heldMs === null ? paint("dim", "not yet") : paint("green", `held ${stamp(run.heldMs)}`)}`, "", ""];
  const proven = run.containment.filter(({ verifiedAtMs }) => verifiedAtMs !== null).length;
  const count = `${proven} of ${run.containment.length} credentials refused to a probe`;
  return [
    `  breaker             ${run.tripMs === null ? paint("dim", "closed") : paint("yellow", `open, tripped ${stamp(run.tripMs)}`)}`,
    `  found token         ${run.refusedMs === null ? paint("dim", "works") : paint("green", `refused ${stamp(run.refusedMs)}`)}`,
    `  containment         ${containmentState(run, paint)}${run.trip === null ? "" : paint("dim", `  ${count}`)}`,
  ];
}

function containmentState(run: Run, paint: Paint): string {
  if (run.verified) return paint("green", `verified ${stamp(run.verifiedMs)}`);
  return run.trip === null ? paint("dim", "nothing to contain") : paint("yellow", "not verified yet");
}

const MARKS: Readonly<Record<Moment["kind"], { readonly mark: string; readonly colour: Colour }>> = {
  work: { mark: "·", colour: "dim" },
  found: { mark: "?", colour: "yellow" },
  lost: { mark: "×", colour: "red" },
  held: { mark: "■", colour: "yellow" },
  human: { mark: "☞", colour: "cyan" },
  failed: { mark: "!", colour: "yellow" },
  refused: { mark: "■", colour: "green" },
  trip: { mark: "▲", colour: "yellow" },
  revoked: { mark: "■", colour: "cyan" },
  verified: { mark: "✓", colour: "green" },
  alert: { mark: "✉", colour: "cyan" },
};

function renderMoment({ ms, kind, text }: Moment, paint: Paint, width: number): string {
  const { mark, colour } = MARKS[kind];
  return `${paint("dim", stamp(ms).padStart(9))} ${paint(colour, `${mark} ${shortened(plain(text), Math.max(20, width - 12))}`)}`;
}

/** Ends between two words: half an id is nobody's. A single word that is too long is cut all the same. */
export function shortened(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = text.lastIndexOf(" ", length - 1);
  return `${text.slice(0, end > 0 ? end : length - 1)}…`;
}

/** Agents and providers write some of these texts: no control, escape or bidirectional character of theirs reaches the terminal. */
export function plain(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "�");
}
