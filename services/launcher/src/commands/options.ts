import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { TriplineError } from "@tripline/model";
import { parseConfig } from "@tripline/runtime";
import type { Command } from "commander";
import { LauncherConfig } from "../config.ts";

export interface GlobalOptions {
  readonly config?: string;
  readonly json: boolean;
}

export function globals(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** Reads the configuration; paths in it are relative to its file, without a file to the working directory. */
export function loadConfig(path: string | undefined): LauncherConfig {
  const config = parseConfig(LauncherConfig, path === undefined ? "" : readText(path));
  const base = path === undefined ? process.cwd() : dirname(resolve(path));
  return { ...config, dataDir: resolve(base, config.dataDir) };
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new TriplineError("TL_CONFIG_UNREADABLE", `The file is ${path}.`);
  }
}
