import type { Command } from "commander";
import type { LauncherConfig } from "../config.ts";
import { globals, loadConfig } from "./options.ts";
import { print } from "./output.ts";

/** Adds `tripline gate`. */
export function addGate(program: Command): void {
  const gate = program.command("gate").description("what agents need to work through the gate");
  gate
    .command("ca")
    .description("the certificate of the gate's authority, which agents trust: its file, made if it is missing and none is configured")
    .action(async (_options: unknown, command: Command) => {
      const options = globals(command);
      const config = await loadConfig(options.config);
      const file = config.gate?.authority?.certificateFile ?? (await made(config));
      print({ file }, options.json, () => file);
    });
}

/** What was made already is left as it is: its hosts are a matter for the gate that runs with it. */
async function made({ dataDir: path, gate }: LauncherConfig): Promise<string> {
  const [{ openDataDir }, { authorityFile, authorityHosts, hasAuthority, readAuthority }] = await Promise.all([import("../data-dir.ts"), import("../gate-authority.ts")]);
  const dataDir = openDataDir(path);
  if (!hasAuthority(dataDir)) readAuthority(dataDir, Date.now(), gate === undefined ? [] : authorityHosts(gate));
  return authorityFile(dataDir);
}
