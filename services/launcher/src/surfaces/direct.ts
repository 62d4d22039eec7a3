/** The ways around the gate, as this account on this machine has them: an agent that runs here as this account has them too. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { failureReason } from "@tripline/runtime";
import type { LauncherConfig } from "../config.ts";
import { type Answer, type Attempt, type Looking, type Surface, TRY_MS } from "./surface.ts";

/** Attempts of one surface; more say no more. */
const MAX_ATTEMPTS = 64;

export function directSurfaces({ config }: Looking): Surface[] {
  return [upstreams(config), secretsInFiles(config), secretsInEnvironment(config), ownFiles(config)];
}

/** A connection and nothing more: whoever gets one needs only the credential to go around the gate. */
function upstreams({ gate }: LauncherConfig): Surface {
  const all = gate?.upstreams ?? [];
  const attempts = all.slice(0, MAX_ATTEMPTS).map(({ name, url }): Attempt => {
    const { hostname, port, protocol } = new URL(url);
    const at = { host: hostname.replaceAll(/[[\]]/gu, ""), port: Number(port || (protocol === "https:" ? 443 : 80)) };
    return { tried: `connecting to upstream ${name} (${at.host}:${at.port}) past the gate`, expected: "refused", run: () => reach(at) };
  });
  return { name: "direct: upstreams", notConfigured: all.length === 0 ? "no upstreams are configured" : null, attempts };
}

function reach({ host, port }: { host: string; port: number }): Promise<Answer> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: Answer): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(TRY_MS, () => end({ kind: "refused", note: "no connection" }));
    socket.once("connect", () => end({ kind: "open", note: "connected: keep agents off this network" }));
    socket.once("error", (error) => end({ kind: "refused", note: failureReason(error) }));
  });
}

function secretsInFiles({ credentials }: LauncherConfig): Surface {
  const files = credentials.flatMap(({ id, secretFile, decoy }) => (secretFile === undefined || decoy ? [] : [{ id, file: secretFile }]));
  const attempts = files.slice(0, MAX_ATTEMPTS).map(({ id, file }): Attempt => ({ tried: `reading the secret of ${id} as another user`, expected: "refused", run: () => readable(file) }));
  return { name: "direct: secret files", notConfigured: files.length === 0 ? "no credential's secret is in a file" : null, attempts };
}

function secretsInEnvironment({ credentials, providers }: LauncherConfig): Surface {
  const admins = Object.values(providers).flatMap((one) => ("adminTokenEnv" in one ? one.adminTokenEnv : "adminPasswordEnv" in one ? one.adminPasswordEnv : undefined) ?? []);
  const names = [...new Set([...credentials.flatMap(({ secretEnv, decoy }) => (secretEnv === undefined || decoy ? [] : [secretEnv])), ...admins])];
  const attempts = names.slice(0, MAX_ATTEMPTS).map((name): Attempt => ({
    tried: `finding ${name} in the environment of this command`, expected: "refused",
    run: () => Promise.resolve(process.env[name] === undefined ? { kind: "refused", note: "not set here" } : { kind: "open", note: "set: whatever is started from here has it" }),
  }));
  return { name: "direct: environment", notConfigured: names.length === 0 ? "no secret is in the environment" : null, attempts };
}

/** Keys and tokens of Tripline itself. */
function ownFiles({ dataDir }: LauncherConfig): Surface {
  const attempts = ["", "master.key", "admin-token", "tokens"].map((name): Attempt => ({ tried: `reading ${join(dataDir, name)} as another user`, expected: "refused", run: () => readable(join(dataDir, name)) }));
  return { name: "direct: data directory", notConfigured: null, attempts };
}

/** What the file itself says of others; for an account that does not own it, whether it can be read. */
async function readable(path: string): Promise<Answer> {
  try {
    const { mode, uid } = await stat(path);
    const shown = (mode & 0o777).toString(8).padStart(3, "0");
    if (uid === process.getuid?.() || process.getuid?.() === 0) return (mode & OTHERS) === 0 ? { kind: "refused", note: `mode ${shown}` } : { kind: "open", note: `mode ${shown}: others may read it` };
    await access(path, constants.R_OK);
    return { kind: "open", note: "this account can read it" };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    return code === "ENOENT" ? { kind: "refused", note: "not there" } : { kind: "refused", note: String(code) };
  }
}

const OTHERS = 0o077;
