import type { Command } from "commander";
import { globals, loadConfig } from "./options.ts";
import { print } from "./output.ts";
import { listenError } from "../listen-error.ts";
import { parseTargets } from "../targets.ts";

/** A stop that hangs must not keep an operator waiting; log and store recover as from a crash. */
const FORCE_EXIT_MS = 15_000;

/** Adds `tripline up`. */
export function addUp(program: Command): void {
  program
    .command("up")
    .description("run Tripline: all services in this process, or some of them")
    .option("--target <names>", "services of this process, apart by commas: collector, detector, breaker, notifier, gate, or all", "all")
    .option("--instance <name>", "name of this process among those of its targets, the same at each start (default: TRIPLINE_INSTANCE, else the host's name)")
    .action(async (own: { target: string; instance?: string }, command: Command) => {
      const options = globals(command);
      const targets = parseTargets(own.target);
      const config = await loadConfig(options.config);
      const { startTripline } = await import("../compose.ts");
      const tripline = await startTripline(config, { targets, ...(own.instance === undefined ? {} : { instance: own.instance }) }).catch((error: unknown) => {
        throw listenError(error, config);
      });
      const { ingestUrl, adminUrl, gateUrl, forwardUrl, gateTlsUrls, approvalsUrl, monitoringUrl, dataDir, instance } = tripline;
      const started = { ingestUrl, adminUrl, gateUrl, forwardUrl, gateTlsUrls, approvalsUrl, monitoringUrl, dataDir, instance, targets: [...targets].filter((target) => target !== "gate" || config.gate !== undefined), agents: config.agents.map((agent) => agent.id), pid: process.pid };
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

interface Started {
  readonly ingestUrl: string | null;
  readonly adminUrl: string | null;
  readonly gateUrl: string | null;
  readonly forwardUrl: string | null;
  readonly gateTlsUrls: readonly string[];
  readonly approvalsUrl: string | null;
  readonly monitoringUrl: string;
  readonly dataDir: string;
  readonly targets: readonly string[];
  readonly agents: readonly string[];
}

function greeting({ ingestUrl, adminUrl, gateUrl, forwardUrl, gateTlsUrls, approvalsUrl, monitoringUrl, dataDir, targets, agents }: Started): string {
  const known =
    agents.length === 0
      ? "No agents are registered: add them under `agents:` in a configuration file and start with --config FILE (see README)."
      : `Agents: ${agents.join(", ")}. Their ingest tokens are where the configuration says, else in ${dataDir}/tokens/<agent>.`;
  // Whoever connects an agent needs a token; a detector and a notifier have no part in that.
  const isForAgents = ingestUrl !== null || adminUrl !== null;
  return [
    `Tripline is running: ${targets.join(", ")}.`,
    ...(ingestUrl === null ? [] : [`  OTLP/HTTP   ${ingestUrl}  (/v1/traces, /v1/logs)`]),
    ...(adminUrl === null ? [] : [`  admin API   ${adminUrl}`]),
    ...(gateUrl === null ? [] : [`  gate        ${gateUrl}  (/v1/decisions, /u/<upstream>/…)`]),
    ...(forwardUrl === null ? [] : [`  proxy       ${forwardUrl}  (HTTPS_PROXY; agents trust the certificate of: tripline gate ca)`]),
    ...(gateTlsUrls.length === 0 ? [] : [`  over TLS    ${gateTlsUrls.join(", ")}`]),
    ...(approvalsUrl === null ? [] : [`  approvals   ${approvalsUrl}  (for approvers, out of reach of every agent)`]),
    `  monitoring  ${monitoringUrl}  (/livez, /readyz, /metrics)`,
    `  data        ${dataDir}`,
    ...(isForAgents ? [known] : []),
  ].join("\n");
}
