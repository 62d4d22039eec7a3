/** Secrets that the configuration names: where they are, never what they are. */
import { readFileSync } from "node:fs";
import { TriplineError } from "@tripline/model";

/** Where a secret is: an environment variable, or a file. */
export interface SecretPlace {
  readonly env: string | undefined;
  readonly file: string | undefined;
}

/** True if the configuration names a place for it. */
export function isNamed(place: SecretPlace): boolean {
  return place.env !== undefined || place.file !== undefined;
}

/** Reads a secret from where the configuration says it is. Throws TL_CONFIG_SECRET_MISSING naming the place, never the value. */
export function readSecret(place: SecretPlace): string {
  if (place.env !== undefined) {
    const value = process.env[place.env];
    if (value === undefined || value === "") throw new TriplineError("TL_CONFIG_SECRET_MISSING", `The environment variable ${place.env} is not set.`);
    return value;
  }
  if (place.file === undefined) throw new TriplineError("TL_CONFIG_SECRET_MISSING", "No environment variable or file is named.");
  return readNamedFile(place.file).toString("utf8").trim();
}

/** The bytes of a file that the configuration names. @throws TL_CONFIG_SECRET_MISSING */
export function readNamedFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch {
    throw new TriplineError("TL_CONFIG_SECRET_MISSING", `The file ${path} cannot be read.`);
  }
}
