/** `tripline decoy plant`: a credential that looks real, opens nothing and is known the moment somebody uses it. */
import { randomBytes, randomInt, randomUUID } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { TriplineError } from "@tripline/model";
import { type Command, Option } from "commander";
import { stringify } from "yaml";
import { openDataDir } from "../data-dir.ts";
import { dataDirOf, globals } from "./options.ts";
import { plain, print } from "./output.ts";

export const DECOY_KINDS = ["railway", "aws", "github", "postgres"] as const;
export type DecoyKind = (typeof DECOY_KINDS)[number];

/** An entry under `credentials`, and the secret that its file holds; null where the user's name stands for it. */
interface Entry {
  readonly suffix: string;
  readonly kind: string;
  readonly secret: string | null;
  readonly principal?: string;
}

interface Bait {
  readonly entries: readonly Entry[];
  /** As an agent finds it. No program reads a variable of this name by itself: who uses it went looking. */
  readonly lines: readonly string[];
}

const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const BASE62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const BASE64 = `${BASE62}+/`;
const drawn = (alphabet: string, length: number): string => Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join("");

const BAITS: Readonly<Record<DecoyKind, () => Bait>> = {
  railway: () => {
    const token = randomUUID();
    return { entries: [{ suffix: "", kind: "api-token", secret: token }], lines: [`RAILWAY_ADMIN_TOKEN=${token}`] };
  },
  aws: () => {
    const keyId = `AKIA${drawn(BASE32, 16)}`;
    const secret = drawn(BASE64, 40);
    return {
      entries: [{ suffix: "", kind: "secret-access-key", secret }, { suffix: "-id", kind: "access-key-id", secret: keyId }],
      lines: [`BACKUP_AWS_ACCESS_KEY_ID=${keyId}`, `BACKUP_AWS_SECRET_ACCESS_KEY=${secret}`],
    };
  },
  github: () => {
    const token = `ghp_${drawn(BASE62, 36)}`;
    return { entries: [{ suffix: "", kind: "api-token", secret: token }], lines: [`GITHUB_ORG_ADMIN_PAT=${token}`] };
  },
  postgres: () => {
    const user = `backup_admin_${randomBytes(3).toString("hex")}`;
    return {
      entries: [{ suffix: "", kind: "role", secret: null, principal: user }],
      lines: [`BACKUP_DATABASE_URL=postgres://${user}:${drawn(BASE62, 24)}@db-backup.internal:5432/postgres`],
    };
  },
};

export interface Planted {
  readonly ids: readonly string[];
  /** Under `credentials` of the configuration. */
  readonly entries: readonly Readonly<Record<string, unknown>>[];
  /** Where it was written for an agent to find; null where the lines are printed. */
  readonly file: string | null;
  readonly lines: readonly string[] | null;
}

/** Makes one; what identifies it lies in the data directory, for its owner alone. @throws TL_CONFIG_INVALID where `file` cannot be written */
export function plantDecoy(kind: DecoyKind, dataDirPath: string, file: string | null): Planted {
  const { entries, lines } = BAITS[kind]();
  const name = `decoy-${kind}-${randomBytes(4).toString("hex")}`;
  const dataDir = openDataDir(dataDirPath);
  const registered = entries.map(({ suffix, kind: credentialKind, secret, principal }) => {
    const id = `${name}${suffix}`;
    const place = secret === null ? { principal } : { secretFile: keep(dataDir.file(`decoys/${id}`), secret) };
    return { id, provider: "decoy", providerRef: id, kind: credentialKind, environment: "production", ...place, autoRevoke: "never", decoy: true };
  });
  if (file !== null) append(file, lines);
  return { ids: registered.map(({ id }) => id), entries: registered, file, lines: file === null ? lines : null };
}

const OWNER_ONLY = 0o600;

function keep(path: string, secret: string): string {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${secret}\n`, { mode: OWNER_ONLY, flag: "wx", flush: true });
  chmodSync(path, OWNER_ONLY);
  return path;
}

/** At the end of what is there; a new file is its owner's. */
function append(file: string, lines: readonly string[]): void {
  try {
    writeFileSync(file, `\n${lines.join("\n")}\n`, { mode: OWNER_ONLY, flag: "a" });
  } catch (error) {
    throw new TriplineError("TL_CONFIG_INVALID", `${file} cannot be written (${error instanceof Error && "code" in error ? String(error.code) : "unknown error"}).`);
  }
}

/** Adds `tripline decoy plant`. */
export function addDecoy(program: Command): void {
  const decoy = program.command("decoy").description("credentials that open nothing: whoever uses one trips at once");
  decoy
    .command("plant")
    .description("make one, register its mark, and put it where an agent that goes looking finds it; not into a file that honest agents edit or load")
    .addOption(new Option("--kind <kind>", "what it looks like").choices(DECOY_KINDS).default("railway"))
    .option("--file <path>", "append it to this file, .env style (default: print it)")
    .action((own: { kind: DecoyKind; file?: string }, command: Command) => {
      const options = globals(command);
      const planted = plantDecoy(own.kind, dataDirOf(options.config), own.file ?? null);
      print(planted, options.json, () => text(planted));
    });
}

function text({ entries, file, lines }: Planted): string {
  return [
    ...(lines === null ? [`It is in ${plain(file ?? "")}.`] : ["Put this where an agent that goes looking finds it:", "", ...lines]),
    "",
    "Nothing watches it yet. Add to the configuration, and start Tripline anew:",
    "",
    stringify({ credentials: entries }).trimEnd(),
  ].join("\n");
}
