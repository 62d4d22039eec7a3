import type { Command } from "commander";
import { globals } from "./options.ts";
import { print } from "./output.ts";

/** Adds `tripline config`. */
export function addConfig(program: Command): void {
  program
    .command("config")
    .description("every configuration key with its default (--json: the JSON schema)")
    .action(async (_options: unknown, command: Command) => {
      const [{ LauncherConfig }, { configReference }] = await Promise.all([import("../config.ts"), import("../config-reference.ts")]);
      print(LauncherConfig, globals(command).json, configReference);
    });
}
