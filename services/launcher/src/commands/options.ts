import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { TriplineError } from "@tripline/model";
import type { Command } from "commander";
import { parse } from "yaml";
import type { LauncherConfig } from "../config.ts";

export interface GlobalOptions {
  /** Configuration files; what a later one says holds. */
  readonly config: readonly string[];
  readonly json: boolean;
}

/** Options that every command takes. */
export function globals(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

/** Reads and checks the whole configuration; a relative dataDir is meant from the file that states it, else from the last one. */
export async function loadConfig(paths: readonly string[]): Promise<LauncherConfig> {
  // Loaded on demand: the schema brings every provider along, which a command that only asks should not wait for.
  const [{ checkConfig, parseYaml }, schema] = await Promise.all([import("@tripline/runtime"), import("../config.ts")]);
  const config = checkConfig(schema.LauncherConfig, mergedConfig(paths, parseYaml));
  return { ...config, dataDir: absolute(config.dataDir, paths) };
}

/** The data directory alone, for commands that ask a running instance; that one has checked the rest. */
export function dataDirOf(paths: readonly string[]): string {
  const { dataDir } = mergedConfig(paths, parsed);
  return absolute(typeof dataDir === "string" ? dataDir : DEFAULT_DATA_DIR, paths);
}

type Json = Record<string, unknown>;

/** Objects are merged key by key; lists and everything else are replaced by the later file, and so is the place of a secret. */
function mergedConfig(paths: readonly string[], parseText: (text: string) => unknown): Json {
  return paths.reduce<Json>((before, path) => {
    const given = parseText(readText(path)) ?? {};
    if (!isObject(given)) throw new TriplineError("TL_CONFIG_INVALID", `The file ${path} is not a list of keys with values.`);
    return mergedFiles(before, fromDirectory(given, dirname(resolve(path))));
  }, {});
}

/** The data directory, the gate's socket and every `…File` are meant from the file that states them, wherever the command is run. */
function fromDirectory(given: Json, directory: string): Json {
  const { dataDir } = given;
  return { ...pathsFrom(given, directory), ...(typeof dataDir === "string" ? { dataDir: resolve(directory, dataDir) } : {}) };
}

function pathsFrom(given: Json, directory: string): Json {
  const value = (key: string, one: unknown): unknown => {
    if (typeof one === "string") return key.endsWith("File") || key === "socket" ? resolve(directory, one) : one;
    if (Array.isArray(one)) return one.map((each: unknown) => value("", each));
    return isObject(one) ? pathsFrom(one, directory) : one;
  };
  return Object.fromEntries(Object.entries(given).map(([key, one]) => [key, value(key, one)]));
}

/** What two configuration files say together; the later one holds. Exported for whoever must know what a process would run with. */
export function mergedFiles(before: Json, over: Json): Json {
  const both = withoutReplacedPlaces(before, over);
  for (const [key, value] of Object.entries(over)) {
    const known = Object.hasOwn(both, key) ? both[key] : undefined;
    both[key] = isObject(known) && isObject(value) ? mergedFiles(known, value) : value;
  }
  return both;
}

const PLACE = /^(.+?)(?:Env|WrappedFile|File)$/u;

/** A secret has one place. With the shipped file's variable beside the site's file the variable would be asked for, and be missing. */
function withoutReplacedPlaces(before: Json, over: Json): Json {
  const placed = new Set(Object.keys(over).flatMap((key) => PLACE.exec(key)?.[1] ?? []));
  return Object.fromEntries(Object.entries(before).filter(([key]) => !placed.has(PLACE.exec(key)?.[1] ?? "")));
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
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

function absolute(dataDir: string, configPaths: readonly string[]): string {
  const last = configPaths.at(-1);
  return resolve(last === undefined ? process.cwd() : dirname(resolve(last)), dataDir);
}

function readText(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new TriplineError("TL_CONFIG_UNREADABLE", `The file is ${path}.`);
  }
}
