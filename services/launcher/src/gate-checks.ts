/** What the schema cannot say of the gate's upstreams: each must be an address that a secret may be sent to. */
import { isIP } from "node:net";
import { readRange } from "@tripline/gate";
import { TriplineError } from "@tripline/model";
import { reachOf } from "@tripline/runtime";
import type { LauncherConfig } from "./config.ts";
import type { GateConfig } from "./gate-config.ts";
import { isNamed } from "./named-secrets.ts";

const LOOPBACK = /^(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])$/;

/** @throws TL_CONFIG_INVALID */
export function checkUpstreams({ upstreams }: GateConfig, { credentials }: Pick<LauncherConfig, "credentials">): void {
  const secrets = new Map(credentials.map(({ id, secretEnv: env, secretFile: file }) => [id, isNamed({ env, file })]));
  const names = new Set<string>();
  for (const { name, url: text, credentials: injected, inject, allowPrivate, addresses } of upstreams) {
    const invalid = (detail: string): TriplineError => new TriplineError("TL_CONFIG_INVALID", `At /gate/upstreams: upstream "${name}" ${detail}`);
    if (names.has(name)) throw invalid("is there twice.");
    names.add(name);
    const url = URL.parse(text);
    if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") throw invalid("needs an address without user, password, query and fragment.");
    if (url.protocol === "http:" && !LOOPBACK.test(url.hostname)) throw invalid("has an address with http: beyond this machine: a secret would be readable on the way.");
    const host = url.hostname.replace(/^\[|\]$/g, "");
    if (isIP(host) !== 0 && reachOf(host) !== "public" && !(reachOf(host) === "private" && allowPrivate)) throw invalid("lies at an address that is not connected to; a private one needs allowPrivate.");
    const unread = addresses?.find((range) => readRange(range) === null);
    if (unread !== undefined) throw invalid(`has "${unread}" under addresses, which is no range of addresses.`);
    if (addresses !== undefined && url.protocol !== "https:") throw invalid("has addresses, which take https: without a certificate any address could stand for it.");
    for (const id of injected) {
      if (!secrets.has(id)) throw invalid(`injects "${id}", which is not under /credentials.`);
      if (secrets.get(id) !== true) throw invalid(`injects "${id}", whose secret is nowhere named (secretEnv or secretFile).`);
    }
    if (inject.kind === "header" && !inject.format.includes("{secret}")) throw invalid("has a format without {secret}.");
  }
}

/** Alerts carry it to whoever reads them: nothing in it may open anything. @throws TL_CONFIG_INVALID */
export function checkApprovalsUrl({ approvals: { url: text } }: Pick<GateConfig, "approvals">): void {
  if (text === undefined) return;
  const url = URL.parse(text);
  if (url === null || url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") throw new TriplineError("TL_CONFIG_INVALID", "At /gate/approvals/url: needs an address without user, password, query and fragment.");
}

/** With fewer approvers than it takes, nothing that is held could ever be approved. @throws TL_CONFIG_INVALID */
export function checkApprovers({ approvers }: Pick<GateConfig, "approvers">, { policy: { gate } }: Pick<LauncherConfig, "policy">): void {
  for (const key of ["approversInProduction", "approversElsewhere"] as const) {
    // None at all is a gate that only allows and refuses.
    if (gate[key] > Math.max(1, approvers.length)) throw new TriplineError("TL_CONFIG_INVALID", `At /policy/gate/${key}: it takes ${gate[key]} approvers, and /gate/approvers names ${approvers.length}.`);
  }
}

const SIGNING_SECRET = /^[^:\s]+:[^:\s]+(?::\S+)?$/;

/** @throws TL_CONFIG_INVALID where a secret cannot be injected as the upstream says; never with the secret */
export function checkSecrets({ upstreams }: Pick<GateConfig, "upstreams">, secretOf: (credentialId: string) => string | null): void {
  for (const { name, credentials, inject } of upstreams) {
    const unfit = inject.kind === "aws-sigv4" ? credentials.find((id) => !SIGNING_SECRET.test(secretOf(id) ?? "")) : undefined;
    if (unfit !== undefined) throw new TriplineError("TL_CONFIG_INVALID", `At /gate/upstreams: upstream "${name}" signs with "${unfit}", whose secret is not "<access key id>:<secret access key>".`);
  }
}
