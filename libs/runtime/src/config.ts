/**
 * Configuration: one YAML text, one schema, defaults filled in, and an unknown key is an error that names the nearest valid one.
 * Only the launcher reads files and environment variables; everything else gets its part as an argument.
 */
import { distance } from "fastest-levenshtein";
import type { Static, TSchema } from "typebox";
import { Check, Errors } from "typebox/value";
import { parse, YAMLParseError } from "yaml";
import { TriplineError } from "@tripline/model";

/** Largest configuration text, in characters: room for as many credentials and resources as the schema allows. */
export const MAX_CONFIG_CHARS = 16_777_216;

/** Checks a configuration value and fills in defaults. Throws TriplineError TL_CONFIG_INVALID or TL_CONFIG_UNKNOWN_KEY, naming the path. */
export function checkConfig<S extends TSchema>(schema: S, value: unknown): Static<S> {
  const complete = completed(schema, value, "");
  if (Check(schema, complete)) return complete;
  throw invalid(schema, complete, "");
}

/** The value of a configuration text; `{}` for an empty one. Throws TL_CONFIG_INVALID naming line and column, never what stands there. */
export function parseYaml(text: string): unknown {
  if (text.length > MAX_CONFIG_CHARS) throw new TriplineError("TL_CONFIG_INVALID", `It is longer than ${MAX_CONFIG_CHARS} characters.`);
  try {
    return parse(text, { maxAliasCount: 100 }) ?? {};
  } catch (error) {
    throw new TriplineError("TL_CONFIG_INVALID", `It is not valid YAML${placeOf(error)}.`);
  }
}

function placeOf(error: unknown): string {
  const [start] = error instanceof YAMLParseError ? (error.linePos ?? []) : [];
  return start === undefined ? "" : `: line ${start.line}, column ${start.col}`;
}

type Json = Record<string, unknown>;

/** Fills defaults and checks, part by part, so that a union is judged by the variant its `kind` names and errors name the place. */
function completed(schema: TSchema, given: unknown, path: string): unknown {
  const node: Json = { ...schema };
  const value = given === undefined ? structuredClone(node["default"]) : given;
  if (Array.isArray(node["anyOf"]) && isObject(value)) {
    const variant = variantFor(node["anyOf"] as Json[], value);
    if (variant === undefined) throw unknownKind(node["anyOf"] as Json[], path);
    return completed(variant, value, path);
  }
  if (Array.isArray(value) && isObject(node["items"])) {
    const shape = { ...node, items: {} } as TSchema;
    if (!Check(shape, value)) throw invalid(shape, value, path);
    return value.map((item, index) => completed(node["items"] as TSchema, item, `${path}/${index}`));
  }
  if (isObject(value) && node["type"] === "object") return completedObject(node, value, path);
  if (value === undefined || Check(schema, value)) return value;
  throw invalid(schema, value, path);
}

function completedObject(node: Json, value: Json, path: string): Json {
  const records = isObject(node["patternProperties"]) ? Object.values(node["patternProperties"])[0] : undefined;
  const properties = isObject(node["properties"]) ? node["properties"] : {};
  const required = Array.isArray(node["required"]) ? node["required"] : [];
  const complete: Json = {};
  for (const [key, child] of Object.entries(value)) {
    const known = Object.hasOwn(properties, key) ? properties[key] : records;
    if (known === undefined) throw unknownKey(path, key, Object.keys(properties));
    complete[key] = completed(known as TSchema, child, `${path}/${key}`);
  }
  for (const [key, child] of Object.entries(properties)) {
    if (complete[key] !== undefined) continue;
    const filled = completed(child as TSchema, undefined, `${path}/${key}`);
    if (filled !== undefined) complete[key] = filled;
    else if (required.includes(key)) throw new TriplineError("TL_CONFIG_INVALID", `At ${path}/${key}: it is required.`);
  }
  return complete;
}

function invalid(schema: TSchema, value: unknown, path: string): TriplineError {
  const first = Errors(schema, value)[0];
  return new TriplineError("TL_CONFIG_INVALID", first === undefined ? "" : `At ${path}${first.instancePath || "/"}: ${first.message}.`.replace("/:", ":"));
}

function unknownKind(variants: Json[], path: string): TriplineError {
  const kinds = variants.map((variant) => (isObject(variant["properties"]) && isObject(variant["properties"]["kind"]) ? String(variant["properties"]["kind"]["const"]) : "")).filter(Boolean);
  return new TriplineError("TL_CONFIG_INVALID", `At ${path}/kind: it must be one of ${kinds.join(", ")}.`);
}

/** A union of objects is told apart by its `kind`; a value without one is of the variant whose `kind` is a default. */
function variantFor(variants: Json[], value: Json): Json | undefined {
  const objects = variants.filter((v) => isObject(v["properties"]));
  if (objects.length === 1) return objects[0];
  return objects.find((v) => {
    const kind = (v["properties"] as Json)["kind"];
    return isObject(kind) && kind["const"] === (Object.hasOwn(value, "kind") ? value["kind"] : kind["default"]);
  });
}

function unknownKey(path: string, key: string, valid: string[]): TriplineError {
  const nearest = valid.toSorted((a, b) => distance(a, key) - distance(b, key))[0];
  const shown = `${path}/${key}`.slice(0, 200);
  const advice = nearest === undefined ? "No keys are allowed there." : `The nearest valid key is "${nearest}".`;
  return new TriplineError("TL_CONFIG_UNKNOWN_KEY", `"${shown}" is not a key. ${advice}`);
}

function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
