/** One self-contained HTML page: per run the plotted timeline, the alert as received, and what is contained and what is not. */
import { renderChart } from "./report-chart.ts";
import { STYLE } from "./report-style.ts";
import { escapeHtml } from "./report-text.ts";
import { PROTECTION_TEXT, PROVIDER_LATENCY_MS } from "./scenario.ts";
import { stamp } from "./terminal-view.ts";
import type { GateFacts } from "./gate-acts.ts";
import type { Run } from "./timeline.ts";

export function renderReport(runs: readonly Run[]): string {
  const endMs = Math.max(1_000, ...runs.map((run) => Math.ceil(run.durationMs / 500) * 500));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>Tripline: nine seconds, replayed</title>
<style>${STYLE}</style>
</head>
<body>
<main>
<h1>Nine seconds, replayed</h1>
<p>On 24 April 2026 a coding agent at work in staging found an over-broad token in an unrelated file, sent one
<code>volumeDelete</code>, and a production database was gone together with its backups. Here the agent goes on to all twelve
volumes, one call after another, in every run. It really calls a provider stand-in over HTTP (round trip ${PROVIDER_LATENCY_MS} ms); what is
lost is read from the provider's state at the end. Zero is the moment at which the first destructive call was sent.</p>
${renderOverview(runs)}
${runs.map((run) => renderRun(run, endMs)).join("\n")}
</main>
</body>
</html>
`;
}

function renderOverview(runs: readonly Run[]): string {
  const rows = runs.map(
    (run) =>
      `<tr><td><b>${run.protection}</b></td><td>${escapeHtml(PROTECTION_TEXT[run.protection])}</td>` +
      `<td class="n">${run.volumesLost} of ${run.volumes.length}</td>${containedInTime(run).map((text) => `<td class="n">${text}</td>`).join("")}</tr>`,
  );
  return `<section class="scroll"><table>
<tr><th>run</th><th>protection</th><th>volumes lost</th><th>breaker tripped</th><th>token refused</th><th>verified</th></tr>
${rows.join("\n")}
</table></section>`;
}

/** Of the trip, the refusal and its proof. Where the gate held all there was to stop, "never" would read as a failure. */
function containedInTime({ gate, tripMs, refusedMs, verified, verifiedMs }: Run): readonly string[] {
  if (gate !== null && tripMs === null) return ["not needed", "not needed", "not needed"];
  return [stamp(tripMs), stamp(refusedMs), verified ? stamp(verifiedMs) : "no"];
}

function renderRun(run: Run, endMs: number): string {
  return `<section>
<div class="head"><h2>${run.protection}</h2><span class="soft">${escapeHtml(PROTECTION_TEXT[run.protection])}</span></div>
${renderFigures(run)}
<ol class="cells" aria-label="production volumes">${run.volumes
    .map(({ name, lostMs }, index) => `<li${lostMs === null ? "" : ' class="lost"'} title="${escapeHtml(name)}: ${lostMs === null ? "kept" : `lost at ${stamp(lostMs)}`}">${index + 1}</li>`)
    .join("")}</ol>
<h3>Volumes lost over time</h3>
${renderChart(run, endMs)}
${renderZoom(run)}
${renderFindings(run)}
${renderContainment(run)}
${renderAlert(run)}
${renderMoments(run)}
</section>`;
}

function renderFigures(run: Run): string {
  const figure = (value: string, label: string, tone: "" | "good" | "bad"): string => `<div class="figure ${tone}"><b>${value}</b><span>${label}</span></div>`;
  const figures = [
    figure(`${run.volumesLost} of ${run.volumes.length}`, "volumes lost", run.volumesLost > 1 ? "bad" : "good"),
    figure(`${run.backupsLost} of ${run.backupsTotal}`, "backups lost with them", run.backupsLost > run.backupsTotal / run.volumes.length ? "bad" : "good"),
  ];
  if (run.gate !== null) figures.push(...gateFigures(run, run.gate).map(([value, label, tone]) => figure(value, label, tone)));
  else if (run.protection !== "none") {
    figures.push(figure(stamp(run.tripMs), "breaker tripped", run.tripMs === null ? "bad" : ""));
    figures.push(figure(stamp(run.refusedMs), "token first refused", run.refusedMs === null ? "bad" : ""));
    figures.push(figure(run.verified ? stamp(run.verifiedMs) : "no", "containment verified", run.verified ? "good" : "bad"));
  }
  return `<div class="figures">${figures.join("")}</div>`;
}

function gateFigures({ heldMs }: Run, { selfApproval, executedExactly, executedAfterMs, cancelledKept, database }: GateFacts): readonly (readonly [string, string, "" | "good" | "bad"])[] {
  const tone = (isSo: boolean | null): "good" | "bad" => (isSo === true ? "good" : "bad");
  const isRefused = selfApproval !== null && selfApproval.status >= 400;
  return [
    [stamp(heldMs), "first call held", tone(heldMs !== null)],
    [isRefused ? `refused (${selfApproval.status})` : "NOT refused", "approval by the agent itself", tone(isRefused)],
    [executedExactly === true ? `exactly, after ${((executedAfterMs ?? 0) / 1_000).toFixed(1)} s` : "no", "approved deletion executed", tone(executedExactly)],
    [cancelledKept === true ? "kept" : "LOST", "volume whose deletion was cancelled", tone(cancelledKept)],
    ...(database === null ? [] : [restoredFigure(database)]),
  ];
}

function restoredFigure({ rows, restoredAfterMs }: NonNullable<GateFacts["database"]>): readonly [string, string, "good" | "bad"] {
  return restoredAfterMs === null ? ["LOST", "database dropped with approval", "bad"] : [`${rows} rows, ${(restoredAfterMs / 1_000).toFixed(1)} s`, "database dropped with approval, restored from the guard's dump", "good"];
}

/** Where all was over in a fraction of the first second, the whole axis hides it. */
function renderZoom(run: Run): string {
  const last = run.verifiedMs ?? run.refusedMs;
  if (last === null || last > 1_500) return "";
  const endMs = Math.max(100, Math.ceil((last * 1.25) / 100) * 100);
  return `<h3>The first ${endMs} ms</h3>${renderChart(run, endMs)}`;
}

function renderFindings(run: Run): string {
  if (run.trip === null) return "";
  const rows = run.trip.findings.map(({ rule, summary }) => `<tr><td><code>${escapeHtml(rule).replaceAll(".", ".<wbr>")}</code></td><td>${escapeHtml(summary)}</td></tr>`);
  return `<h3>Why the breaker tripped</h3><div class="scroll"><table><tr><th>rule</th><th>what was expected, and what happened</th></tr>${rows.join("")}</table></div>`;
}

function renderContainment(run: Run): string {
  if (run.protection === "none") return "<h3>What is contained</h3><p>Nothing. The token still works.</p>";
  if (run.gate !== null) return "<h3>What is contained</h3><p>Nothing needed to be: no call that destroys ran before a human had approved exactly that call, and the agent never held the token.</p>";
  if (run.containment.length === 0) return "<h3>What is contained</h3><p>Nothing: the breaker did not trip.</p>";
  const rows = run.containment.map(
    ({ name, reason, state, proof, revokedAtMs, verifiedAtMs }) =>
      `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(reason)}</td><td>${revokedAtMs === null ? "not revoked" : "revoked"}</td>` +
      `<td>${verifiedAtMs === null ? `<b class="kind-lost">not contained</b> (${escapeHtml(state)})` : "contained"}</td><td>${escapeHtml(proof)}</td></tr>`,
  );
  return `<h3>What is contained, and what is not</h3>
<div class="scroll"><table><tr><th>credential</th><th>why</th><th>at the provider</th><th>verdict</th><th>how it is known</th></tr>${rows.join("")}</table></div>
<p class="soft">${notContained(run)}</p>`;
}

const WHY_LATE: Readonly<Record<Run["protection"], string>> = {
  none: "",
  sdk: "The SDK reports a call as it is made, so the first one runs. Stopping that one too takes a gate in line.",
  gate: "",
  otel: "A stock exporter collects spans for seconds, and reports a call when it is over: good for baselines and forensics, late for stopping.",
};

function notContained(run: Run): string {
  if (run.volumesLost === 0) return "No volume was lost.";
  const lost = run.volumesLost === 1 ? "One volume and its backups were" : `${run.volumesLost} volumes and their backups were`;
  return `${lost} deleted before the token was refused: containment does not bring them back. ${WHY_LATE[run.protection]}`;
}

function renderAlert(run: Run): string {
  if (run.protection === "none") return "";
  if (run.gate !== null && run.alerts.length === 0) return "";
  if (run.alerts.length === 0) return "<h3>What the security team received</h3><p>No alert arrived.</p>";
  const alerts = run.alerts.map(
    ({ ms, type, title, lines }) =>
      `<blockquote><b>${escapeHtml(title)}</b> <span class="soft">${escapeHtml(type)}, ${stamp(ms)}</span>\n` +
      lines.filter(saysWhatToKnowFirst).map(escapeHtml).join("\n") +
      `<details><summary>all of it (${lines.length} lines)</summary>${lines.map(escapeHtml).join("\n")}</details></blockquote>`,
  );
  return `<h3>What the security team received, signatures verified</h3>${alerts.join("")}`;
}

/** The parts of an alert that a person reads first; the rest is one click away. */
function saysWhatToKnowFirst(line: string): boolean {
  return /^(?:contained|notContained|summary|next): /.test(line);
}

function renderMoments(run: Run): string {
  const rows = run.moments.map(({ ms, kind, text }) => `<tr><td class="n">${stamp(ms)}</td><td class="kind-${kind}">${kind}</td><td>${escapeHtml(text)}</td></tr>`);
  return `<details><summary>Every moment of this run (${run.moments.length})</summary><div class="scroll"><table>${rows.join("")}</table></div></details>`;
}
