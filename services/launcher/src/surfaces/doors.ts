/** The doors, a row each. Adding a door is adding its row. Nothing tried here is recorded, decided or changed. */
import { request } from "node:http";
import { stat } from "node:fs/promises";
import { failureReason } from "@tripline/runtime";
import type { LauncherConfig } from "../config.ts";
import { askSocket } from "./socket.ts";
import { type Answer, ask, type Ask, type Attempt, type Expected, type Looking, type Surface, TRY_MS } from "./surface.ts";

type Gate = NonNullable<LauncherConfig["gate"]>;

/** `paths`: what to ask of it; `own`: what its rightful caller is answered, null where trying that would do something. */
interface Door {
  readonly name: string;
  /** Addresses, or why there is none. */
  readonly at: (looking: Looking) => readonly string[] | string;
  readonly guarded: (looking: Looking) => readonly ({ readonly path: string } & Ask)[];
  /** Whose token opens it; everybody else's must not. */
  readonly opens: "agent" | "admin" | "approver";
  readonly own: ({ readonly path: string } & Ask) | null;
}

const NO_GATE = "there is no section `gate` in the configuration";
const ANY_PORT = "its port is 0: the address is known to the running process alone";

const DOORS: readonly Door[] = [
  { name: "decide API", at: ({ config }) => ofGate(config, (gate) => addressOf(gate)), opens: "agent", guarded: () => [{ path: "/v1/decisions", method: "POST", body: '{"tool":"doctor"}' }, { path: "/v1/whoami" }], own: { path: "/v1/whoami" } },
  { name: "lease control", at: ({ config }) => ofGate(config, (gate) => addressOf(gate)), opens: "approver", guarded: () => [{ path: "/v1/leases", method: "POST", body: '{"do":"list"}' }], own: null },
  {
    name: "reverse proxy", at: ({ config }) => ofGate(config, (gate) => (gate.upstreams.length === 0 ? "no upstreams are configured" : addressOf(gate))), opens: "agent",
    guarded: ({ config }) => (config.gate?.upstreams ?? []).slice(0, MAX_UPSTREAMS).map(({ name }) => ({ path: `/u/${name}/` })), own: null,
  },
  { name: "approvals", at: ({ config }) => ofGate(config, ({ approvals }) => addressOf(approvals)), opens: "approver", guarded: () => [{ path: "/v1/approvals" }], own: null },
  { name: "collector", at: ({ config }) => addressOf(config.ingest), opens: "agent", guarded: () => [{ path: "/v1/logs", method: "POST", body: '{"resourceLogs":[]}' }], own: { path: "/v1/logs", method: "POST", body: '{"resourceLogs":[]}' } },
  { name: "admin API", at: ({ adminUrls }) => (adminUrls.length === 0 ? "no running control plane has left its address in the data directory" : adminUrls), opens: "admin", guarded: () => [{ path: "/v1/agents" }], own: { path: "/v1/agents" } },
];

const MAX_UPSTREAMS = 16;

export function doorSurfaces(looking: Looking): Surface[] {
  return [...DOORS.map((door) => surfaceOf(door, looking)), forwardProxy(looking), unixSocket(looking)];
}

function surfaceOf(door: Door, looking: Looking): Surface {
  const at = door.at(looking);
  if (typeof at === "string") return { name: door.name, notConfigured: at, attempts: [] };
  return { name: door.name, notConfigured: null, attempts: at.flatMap((address) => attemptsAt(address, door, looking)) };
}

function attemptsAt(address: string, { guarded, own, opens }: Door, looking: Looking): Attempt[] {
  const { admin, agent } = looking.held;
  const tokens: readonly { readonly who: string; readonly role: string; readonly token: string | null }[] = [
    { who: "nobody's token", role: "nobody", token: null },
    { who: "a made-up token", role: "nobody", token: "x".repeat(MADE_UP_CHARS) },
    ...(agent === null ? [] : [{ who: `the token of agent ${agent.id}`, role: "agent", token: agent.token }]),
    ...(admin === null ? [] : [{ who: "the admin token", role: "admin", token: admin }]),
  ];
  const attempt = ({ path, ...how }: { readonly path: string } & Ask, who: string, token: string | null, expected: Expected): Attempt => ({
    tried: `${how.method ?? "GET"} ${path} with ${who}`, expected, run: () => ask(`${address}${path}`, { ...how, token }),
  });
  const refused = guarded(looking).flatMap((what) => tokens.filter(({ role }) => role !== opens).map(({ who, token }) => attempt(what, who, token, "refused")));
  const rightful = tokens.find(({ role }) => role === opens);
  return own === null || rightful === undefined ? refused : [...refused, attempt(own, rightful.who, rightful.token, "answered")];
}

const MADE_UP_CHARS = 64;

function ofGate(config: LauncherConfig, at: (gate: Gate) => readonly string[] | string): readonly string[] | string {
  return config.gate === undefined ? NO_GATE : at(config.gate);
}

function addressOf({ host, port }: { readonly host: string; readonly port: number }): readonly string[] | string {
  return port === 0 ? ANY_PORT : [`http://${reachable(host)}:${port}`];
}

/** Where all addresses are listened at, this machine's own is one of them. */
function reachable(host: string): string {
  if (host === "0.0.0.0") return "127.0.0.1";
  if (host === "::") return "[::1]";
  return host.includes(":") ? `[${host}]` : host;
}

/** A tunnel without a token, to an upstream that an agent would want, and to one that nobody configured. */
function forwardProxy({ config, held }: Looking): Surface {
  const at = ofGate(config, ({ forward }) => (forward === undefined ? "there is no `gate.forward` in the configuration" : addressOf(forward)));
  if (typeof at === "string") return { name: "forward proxy", notConfigured: at, attempts: [] };
  const upstream = config.gate?.upstreams[0]?.url;
  const target = upstream === undefined ? "upstream.invalid:443" : authorityOf(new URL(upstream));
  const attempts = at.flatMap((address) => [
    { tried: `CONNECT ${target} with nobody's token`, expected: "refused" as const, run: () => connect(address, target, null) },
    ...(held.agent === null ? [] : [{ tried: `CONNECT unlisted.invalid:443 with the token of agent ${held.agent.id}`, expected: "refused" as const, run: () => connect(address, "unlisted.invalid:443", held.agent!.token) }]),
  ]);
  return { name: "forward proxy", notConfigured: null, attempts };
}

const authorityOf = ({ hostname, port, protocol }: URL): string => `${hostname}:${port || (protocol === "https:" ? "443" : "80")}`;

function connect(address: string, target: string, token: string | null): Promise<Answer> {
  const { hostname, port } = new URL(address);
  const headers = token === null ? {} : { "proxy-authorization": `Basic ${Buffer.from(`agent:${token}`).toString("base64")}` };
  return new Promise((resolve) => {
    const sent = request({ host: hostname.replaceAll(/[[\]]/gu, ""), port, method: "CONNECT", path: target, headers, agent: false, signal: AbortSignal.timeout(TRY_MS) });
    const answered = (status: number | undefined, end: () => unknown): void => {
      end();
      resolve({ kind: "status", status: status ?? 0 });
    };
    sent.once("connect", (response, socket) => answered(response.statusCode, () => socket.destroy()));
    sent.once("response", (response) => answered(response.statusCode, () => response.destroy()));
    sent.once("error", (error) => resolve({ kind: "absent", note: failureReason(error) }));
    sent.end();
  });
}

/** Its file says who may connect, others must not; whoever does is asked for a token as at every other door. */
function unixSocket({ config, held }: Looking): Surface {
  const path = config.gate?.socket;
  if (path === undefined) return { name: "unix socket", notConfigured: config.gate === undefined ? NO_GATE : "there is no `gate.socket` in the configuration", attempts: [] };
  const mayConnect = async (): Promise<Answer> => {
    const found = await stat(path).catch(() => null);
    if (found?.isSocket() !== true) return { kind: "absent", note: "there is no such socket" };
    const mode = (found.mode & 0o777).toString(8).padStart(3, "0");
    return (found.mode & OTHERS) === 0 ? { kind: "refused", note: `mode ${mode}` } : { kind: "open", note: `mode ${mode}: everybody on this machine may connect` };
  };
  const call = { id: 1, call: { tool: "doctor" } };
  const asking = (who: string, expected: Expected, ...frames: readonly unknown[]): Attempt => ({ tried: `a decision with ${who}`, expected, run: () => askSocket(path, frames) });
  const attempts: Attempt[] = [
    { tried: "connecting as another user", expected: "refused", run: mayConnect },
    asking("nobody's token", "refused", call),
    asking("a made-up token", "refused", { token: "x".repeat(MADE_UP_CHARS) }, call),
    ...(held.admin === null ? [] : [asking("the admin token", "refused", { token: held.admin }, call)]),
    // Its token alone: a call of it would be decided and recorded.
    ...(held.agent === null ? [] : [{ ...asking("", "answered", { token: held.agent.token }), tried: `opening it with the token of agent ${held.agent.id}` }]),
  ];
  return { name: "unix socket", notConfigured: null, attempts };
}

const OTHERS = 0o007;
