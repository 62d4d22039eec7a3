import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { TriplineError } from "@tripline/model";
import type { Command } from "commander";
import { parse } from "yaml";
import type { LauncherConfig } from "../config.ts";

export interface GlobalOptions {
  readonly config?: string;
  readonly json: boolean;
}

/** Options that every command takes. */
export function globals(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** Reads and checks the whole configuration; paths in it are relative to its file, without a file to the working directory. */
export async function loadConfig(path: string | undefined): Promise<LauncherConfig> {
  // Loaded on demand: the schema brings every provider along, which a command that only asks should not wait for.
  const [{ parseConfig }, schema] = await Promise.all([import("@tripline/runtime"), import("../config.ts")]);
  const config = parseConfig(schema.LauncherConfig, path === undefined ? "" : readText(path));
  return { ...config, dataDir: absolute(config.dataDir, path) };
}

/** The data directory alone, for commands that ask a running instance; that one has checked the rest. */
export function dataDirOf(path: string | undefined): string {
  const given = path === undefined ? {} : parsed(readText(path));
  const dataDir = typeof given === "object" && given !== null && "dataDir" in given && typeof given.dataDir === "string" ? given.dataDir : DEFAULT_DATA_DIR;
  return absolute(dataDir, path);
}

/** The parser's own message quotes the text, which may hold what should not be printed. */
function parsed(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch {
    throw new TriplineError("TL_CONFIG_INVALID", "It is not valid YAML.");
  }
}

const DEFAULT_DATA_DIR = "./tripline-data";

function absolute(dataDir: string, configPath: string | undefined): string {
  return resolve(configPath === undefined ? process.cwd() : dirname(resolve(configPath)), dataDir);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new TriplineError("TL_CONFIG_UNREADABLE", `The file is ${path}.`);
  }
}
