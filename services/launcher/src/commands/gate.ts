import type { Command } from "commander";
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
      const file = config.gate?.authority?.certificateFile ?? (await made(config.dataDir));
      print({ file }, options.json, () => file);
    });
}

async function made(path: string): Promise<string> {
  const [{ openDataDir }, { authorityFile, readAuthority }] = await Promise.all([import("../data-dir.ts"), import("../gate-authority.ts")]);
  const dataDir = openDataDir(path);
  readAuthority(dataDir, Date.now());
  return authorityFile(dataDir);
}
