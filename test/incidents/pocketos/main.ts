/** `pnpm demo`: the incident, once for each protection, with real processes, a live view, a report and a line for machines. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { parseOptions, USAGE, type DemoOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import { observe, startParts } from "./run.ts";
import { createScreen } from "./screen.ts";
import type { Protection } from "./scenario.ts";
import { renderResult } from "./terminal-view.ts";
import { buildRun, firstSentMs, summaryOf, type Run } from "./timeline.ts";
import { stopServers } from "../../system/layouts.ts";

let current: AsyncDisposableStack | null = null;
let isInterrupted = false;

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => {
    const code = signal === "SIGINT" ? 130 : 143;
    isInterrupted = true;
    (current?.disposeAsync() ?? Promise.resolve()).then(stopServers).then(() => process.exit(code)).catch(() => process.exit(code));
  });
}

async function runOnce(protection: Protection, options: DemoOptions, position: string): Promise<Run> {
  const screen = createScreen({ json: options.json, position });
  const stack = new AsyncDisposableStack();
  current = stack;
  try {
    const parts = await startParts(protection, stack);
    const seen = await observe(parts, options.pace, stack, (soFar) => screen.show(soFar));
    const zeroMs = firstSentMs(seen.agent);
    if (zeroMs === null) throw new Error("the agent sent no destructive call");
    screen.finish(seen);
    return buildRun(seen, zeroMs);
  } finally {
    screen.close();
    current = null;
    await stack.disposeAsync();
  }
}

async function main(options: DemoOptions): Promise<void> {
  const colour = process.stdout.isTTY && !options.json;
  // Chooses the deployment, as for the system suite; the runs do not see which it is.
  if (options.kafka) {
    process.env["SYSTEM_LAYOUT"] = "kafka";
    console.error("Starting three Kafka brokers, PostgreSQL and two of each service: half a minute or more.");
  }
  const runs: Run[] = [];
  for (const [index, protection] of options.protections.entries()) {
    runs.push(await runOnce(protection, options, `${index + 1} of ${options.protections.length}`));
  }
  const report = resolve(options.report);
  await mkdir(dirname(report), { recursive: true });
  await writeFile(report, renderReport(runs));
  console.log(`\n${runs.map((run) => renderResult(run, colour)).join("\n")}\n\n  report: ${options.report}`);
  if (options.json) console.log(JSON.stringify(summaryOf(runs)));
}

const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

let options: DemoOptions;
try {
  options = parseOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${textOf(error)}\nusage: ${USAGE}`);
  process.exit(2);
}
try {
  await main(options);
} catch (error) {
  // The parts were told to end: that they did is no failure.
  if (!isInterrupted) console.error(`\ndemo failed: ${textOf(error)}`);
  process.exitCode = 1;
} finally {
  await stopServers();
}
