/** The timeline as an SVG: volumes lost over time as steps, and when the breaker tripped, the token was refused, all was verified. */
import { lossSteps, type Run } from "./timeline.ts";
import { stamp } from "./terminal-view.ts";
import { escapeHtml } from "./report-text.ts";

const WIDTH = 860;
const HEIGHT = 250;
const TICKS_MS = [10, 20, 50, 100, 200, 500, 1_000, 2_000];
const PLOT = { left: 44, right: 28, top: 46, bottom: 34 };

interface Scale {
  readonly x: (ms: number) => number;
  readonly y: (lost: number) => number;
  readonly endMs: number;
  readonly volumes: number;
}

export function renderChart(run: Run, endMs: number): string {
  const volumes = run.volumes.length;
  const plotWidth = WIDTH - PLOT.left - PLOT.right;
  const plotHeight = HEIGHT - PLOT.top - PLOT.bottom;
  const scale: Scale = {
    x: (ms) => PLOT.left + (Math.min(Math.max(ms, 0), endMs) / endMs) * plotWidth,
    y: (lost) => PLOT.top + plotHeight - (lost / volumes) * plotHeight,
    endMs,
    volumes,
  };
  const label = `${run.volumesLost} of ${volumes} volumes lost in run ${run.protection}`;
  return [
    '<div class="scroll">',
    `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeHtml(label)}">`,
    grid(scale),
    steps(run, scale),
    markers(run, scale),
    "</svg></div>",
  ].join("\n");
}

function grid({ x, y, endMs, volumes }: Scale): string {
  const lines = [0, 3, 6, 9, 12].filter((lost) => lost <= volumes).map(
    (lost) =>
      `<line class="grid" x1="${PLOT.left}" x2="${WIDTH - PLOT.right}" y1="${y(lost)}" y2="${y(lost)}"/>` +
      `<text class="axis" x="${PLOT.left - 8}" y="${y(lost) + 4}" text-anchor="end">${lost}</text>`,
  );
  const everyMs = TICKS_MS.find((step) => endMs / step <= 10) ?? 5_000;
  const ticks = Array.from({ length: Math.floor(endMs / everyMs) + 1 }, (_, n) => n * everyMs).map(
    (ms) => `<text class="axis" x="${x(ms)}" y="${HEIGHT - 12}" text-anchor="middle">${endMs < 2_000 ? `${ms} ms` : `${ms / 1_000} s`}</text>`,
  );
  return [...lines, ...ticks].join("");
}

function steps(run: Run, { x, y, endMs }: Scale): string {
  const points = lossSteps(run);
  let path = `M${x(0)} ${y(0)}`;
  for (const { ms, lost } of points.slice(1)) path += `H${x(ms)}V${y(lost)}`;
  path += `H${x(endMs)}`;
  const dots = points.slice(1).map(({ ms, lost }) => `<circle class="loss" cx="${x(ms)}" cy="${y(lost)}" r="3.5"><title>volume ${lost} lost at ${stamp(ms)}</title></circle>`);
  return `<path class="area" d="${path}V${y(0)}Z"/><path class="line" d="${path}"/>${dots.join("")}`;
}

const LABEL_GAP = 14;
const LABEL_CHAR = 7.3;

/** Where labels of these widths begin: at their markers where there is room, else pushed aside, in order and inside the chart. */
function placeLabels(wanted: readonly { readonly at: number; readonly width: number }[]): number[] {
  const starts: number[] = [];
  let free = 0;
  for (const { at, width } of wanted) {
    starts.push(Math.max(at, free));
    free = Math.max(at, free) + width + LABEL_GAP;
  }
  let end = WIDTH;
  for (let index = wanted.length - 1; index >= 0; index -= 1) {
    const width = wanted[index]?.width ?? 0;
    starts[index] = Math.max(0, Math.min(starts[index] ?? 0, end - width));
    end = (starts[index] ?? 0) - LABEL_GAP;
  }
  return starts;
}

function markers(run: Run, { x, y, volumes }: Scale): string {
  const found = [
    { ms: run.tripMs, name: "trip", kind: "trip" },
    { ms: run.revokedMs, name: "revoked", kind: "revoked" },
    { ms: run.refusedMs, name: "refused", kind: "refused" },
    { ms: run.verifiedMs, name: "verified", kind: "verified" },
  ].flatMap(({ ms, name, kind }) => (ms === null ? [] : [{ ms, kind, label: `${name} ${stamp(ms)}` }]));
  found.sort((a, b) => a.ms - b.ms);
  const starts = placeLabels(found.map(({ ms, label }) => ({ at: x(ms) - 4, width: label.length * LABEL_CHAR })));
  return found
    .map(({ ms, kind, label }, index) => {
      const at = starts[index] ?? 0;
      return (
        `<line class="mark ${kind}" x1="${x(ms)}" x2="${x(ms)}" y1="${y(volumes)}" y2="${y(0)}"/>` +
        `<path class="lead ${kind}" d="M${at + 4} ${PLOT.top - 22}L${x(ms)} ${y(volumes)}"/>` +
        `<text class="label ${kind}" x="${at}" y="${PLOT.top - 27}">${escapeHtml(label)}</text>`
      );
    })
    .join("");
}
