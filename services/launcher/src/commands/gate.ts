import type { Command } from "commander";
import { globals, loadConfig } from "./options.ts";
import { print } from "./output.ts";

/** Adds `tripline gate`. */
export function addGate(program: Command): void {
  const gate = program.command("gate").description("what agents need to work through the gate");
  gate
    .command("ca")
    .description("the certificate that agents behind the forward proxy trust: its file, made if it is missing")
    .action(async (_options: unknown, command: Command) => {
      const options = globals(command);
      const [{ openDataDir }, { authorityFile, hasAuthority, readAuthority }, { servedHosts }] = await Promise.all([import("../data-dir.ts"), import("../gate-authority.ts"), import("@tripline/gate")]);
      const config = await loadConfig(options.config);
      const dataDir = openDataDir(config.dataDir);
      if (!hasAuthority(dataDir)) readAuthority(dataDir, Date.now(), servedHosts((config.gate?.upstreams ?? []).map(({ url }) => ({ url: new URL(url) }))));
      const file = authorityFile(dataDir);
      print({ file }, options.json, () => file);
    });
}
