import type { Command } from "commander";
import { LauncherConfig } from "../config.ts";
import { configReference } from "../config-reference.ts";
import { globals } from "./options.ts";
import { print } from "./output.ts";

export function addConfig(program: Command): void {
  program
    .command("config")
    .description("every configuration key with its default (--json: the JSON schema)")
    .action((_options: unknown, command: Command) => print(LauncherConfig, globals(command).json, configReference));
}
