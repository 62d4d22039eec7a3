#!/usr/bin/env node
/** The only executable. Parses the command line and nothing else; each command is a file under commands/. */
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";
import { TriplineError } from "@tripline/model";
import { Command } from "commander";
import { AdminError } from "./commands/admin-client.ts";
import { plain } from "./commands/output.ts";
import { addUp } from "./commands/up.ts";
import { addDoctor } from "./commands/doctor.ts";
import { addAgents } from "./commands/agents.ts";
import { addBaselines } from "./commands/baselines.ts";
import { addBreakers } from "./commands/breakers.ts";
import { addCredentials } from "./commands/credentials.ts";
import { addOrders, addRevoke } from "./commands/orders.ts";
import { addApprovals } from "./commands/approvals.ts";
import { addLease } from "./commands/lease.ts";
import { addDecoy } from "./commands/decoy.ts";
import { addTail } from "./commands/tail.ts";
import { addExport } from "./commands/export.ts";
import { addFindings } from "./commands/findings.ts";
import { addReplay } from "./commands/replay.ts";
import { addExplain } from "./commands/explain.ts";
import { addBackups } from "./commands/backups.ts";
import { addRestore } from "./commands/restore.ts";
import { addTune } from "./commands/tune.ts";
import { addConfig } from "./commands/config.ts";
import { addGate } from "./commands/gate.ts";

// Compiled code is kept between starts: a restart after a crash must not spend its first second compiling. In the owner's own cache
// directory, since whoever may write there decides what runs.
enableCompileCache(join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "tripline"));

// Whoever reads our output may stop early (`| head`): that is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? 0 : 1));

const program = new Command("tripline")
  .description("Streaming anomaly detector with circuit breakers for AI agents.")
  .version("0.1.0")
  .option("--config <file>", "configuration file (YAML); given more than once, a later file's keys replace an earlier one's", (file: string, files: readonly string[]) => [...files, file], [] as readonly string[])
  .option("--json", "machine-readable output, one JSON value a line", false)
  .configureHelp({ showGlobalOptions: true })
  .showHelpAfterError("(--help shows every command)")
  .showSuggestionAfterError();

for (const add of [addUp, addAgents, addBreakers, addDoctor, addCredentials, addOrders, addRevoke, addBaselines, addApprovals, addLease, addDecoy, addTail, addFindings, addExplain, addExport, addReplay, addTune, addBackups, addRestore, addConfig, addGate]) add(program);

try {
  await program.parseAsync();
} catch (error) {
  const isJson = program.opts<{ json: boolean }>().json;
  const code = error instanceof TriplineError || error instanceof AdminError ? error.code : "TL_INTERNAL";
  const message = error instanceof Error ? error.message : "unknown error";
  process.stderr.write(isJson ? `${plain(JSON.stringify({ error: { code, message } }))}\n` : `tripline: ${plain(message)}\n`);
  process.exitCode = 1;
}
