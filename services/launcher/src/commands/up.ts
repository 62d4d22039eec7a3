import type { Command } from "commander";
import { globals, loadConfig } from "./options.ts";
import { print } from "./output.ts";

/** A stop that hangs must not keep an operator waiting; log and store recover as from a crash. */
const FORCE_EXIT_MS = 15_000;

/** Adds `tripline up`. */
export function addUp(program: Command): void {
  program
    .command("up")
    .description("run Tripline: collector, detector, breaker and notifier in this process")
    .action(async (_options: unknown, command: Command) => {
      const options = globals(command);
      const config = await loadConfig(options.config);
      const { startTripline } = await import("../compose.ts");
      const tripline = await startTripline(config);
      const started = { ingestUrl: tripline.ingestUrl, adminUrl: tripline.adminUrl, dataDir: tripline.dataDir, agents: config.agents.map((agent) => agent.id), pid: process.pid };
      print(started, options.json, () => greeting(started));
      let isStopping = false;
      const stop = (): void => {
        // A second signal must not close the log under the first one's stop.
        if (isStopping) return;
        isStopping = true;
        setTimeout(() => process.exit(1), FORCE_EXIT_MS).unref();
        void tripline.stop().then(
          () => process.exit(0),
          () => process.exit(1),
        );
      };
      process.on("SIGINT", stop);
      process.on("SIGTERM", stop);
    });
}

function greeting(started: { ingestUrl: string; adminUrl: string; dataDir: string; agents: string[] }): string {
  const agents =
    started.agents.length === 0
      ? "No agents are registered: add them under `agents:` in a configuration file and start with --config FILE (see README)."
      : `Agents: ${started.agents.join(", ")}. Their ingest tokens are where the configuration says, else in ${started.dataDir}/tokens/<agent>.`;
  return [`Tripline is running.`, `  OTLP/HTTP   ${started.ingestUrl}  (/v1/traces, /v1/logs)`, `  admin API   ${started.adminUrl}`, `  data        ${started.dataDir}`, agents].join("\n");
}
