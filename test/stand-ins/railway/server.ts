/**
 * A stand-in for Railway's public GraphQL API over real HTTP: path, headers, names and errors as published, plus knobs for what a
 * network and a provider can do wrong. Deterministic: ids and secrets follow from the world's seed.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { callerOf } from "./authority.ts";
import { prepare, run, type GraphQLRequest, type Prepared } from "./execute.ts";
import { createFaultBook, type Fault, type FaultKind } from "./faults.ts";
import { preciseNowMs } from "../../precise-now.ts";
import { createJournal, type JournalEntry } from "./journal.ts";
import { INCIDENT_WORLD, buildWorld, viewOf, type Token, type World, type WorldSpec, type WorldView } from "./world.ts";

export interface Knobs {
  /** Round trip added to every answer, half before and half after the work. */
  latencyMs: number;
  /** A deleted token keeps working for this long. */
  revocationLagMs: number;
  /** Listings show a deleted token for this long. */
  staleListingMs: number;
  /** Status of an answer to a caller without a valid token; the published API answers 200 with an error inside. */
  unauthorizedStatus: 200 | 401;
  rateLimit: { readonly requests: number; readonly perMs: number } | null;
}

export interface RailwayOptions extends Partial<Knobs> {
  readonly port?: number;
  readonly world?: WorldSpec;
  readonly faults?: readonly Fault[];
}

export interface RailwayStandIn {
  /** The GraphQL endpoint. */
  readonly url: string;
  readonly knobs: Knobs;
  /** A token of the world by its name, secret included: what a test hands to an agent or an administrator. */
  token(name: string): Token;
  state(): WorldView;
  events(): readonly JournalEntry[];
  addFault(fault: Fault): void;
  close(): Promise<void>;
}

const PATH = "/graphql/v2";
const BODY_BYTES = 1_048_576;
const BATCH_REQUESTS = 20;

export async function startRailwayStandIn(options: RailwayOptions = {}): Promise<RailwayStandIn> {
  const { port = 0, world: spec = INCIDENT_WORLD, faults = [], ...given } = options;
  const knobs: Knobs = { latencyMs: 0, revocationLagMs: 0, staleListingMs: 0, unauthorizedStatus: 200, rateLimit: null, ...given };
  const state: State = {
    knobs,
    world: buildWorld(spec, Math.floor(preciseNowMs())),
    faults: createFaultBook(faults),
    journal: createJournal(),
    windows: new Map(),
  };
  const server = createServer((request, response) => {
    answer(state, request, response).catch(() => response.destroy());
  });
  server.keepAliveTimeout = 65_000;
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${PATH}`,
    knobs,
    token(name) {
      const found = [...state.world.tokens.values()].find((token) => token.name === name);
      if (found === undefined) throw new RangeError(`no token is called ${name}`);
      return found;
    },
    state: () => viewOf(state.world),
    events: () => state.journal.entries(),
    addFault: (fault) => state.faults.add(fault),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface State {
  readonly knobs: Knobs;
  readonly world: World;
  readonly faults: ReturnType<typeof createFaultBook>;
  readonly journal: ReturnType<typeof createJournal>;
  /** Requests of each caller in its current rate window. */
  readonly windows: Map<string, { startMs: number; count: number }>;
}

async function answer(state: State, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const receivedMs = preciseNowMs();
  if (request.url?.split("?")[0] !== PATH) return send(response, 404, { errors: [{ message: "not found" }] });
  if (request.method !== "POST") return send(response, 405, { errors: [{ message: "POST only" }] });
  const requests = parseBody(await readBody(request));
  if (requests === null) return send(response, 400, { errors: [{ message: "malformed request" }] });
  if (state.knobs.latencyMs > 0) await sleep(state.knobs.latencyMs / 2);

  const prepared = requests.list.map(prepare);
  const caller = callerOf(state.world, request.headers, preciseNowMs(), state.knobs.revocationLagMs);
  const retryAfterMs = overLimit(state, caller?.id ?? request.socket.remoteAddress ?? "", receivedMs);
  if (retryAfterMs !== null) return refuseRate(response, retryAfterMs);
  const operations = prepared.flatMap((one) => (one.kind === "ready" ? one.operations : []));
  const fault = state.faults.take(operations, caller?.id ?? null);
  if (fault !== null && !executes(fault)) return sendFault(response, fault);

  const world = fault?.kind === "answer-without-effect" ? structuredClone(state.world) : state.world;
  const results: unknown[] = [];
  for (const one of prepared) results.push(await resultOf(state, one, { world, caller, nowMs: preciseNowMs(), receivedMs }));
  if (fault?.kind === "execute-then-hang") return;
  if (fault?.kind === "execute-then-reset") return void request.socket.resetAndDestroy();
  if (state.knobs.latencyMs > 0) await sleep(state.knobs.latencyMs / 2);
  send(response, caller === null ? state.knobs.unauthorizedStatus : 200, requests.batch ? results : results[0]);
}

async function resultOf(state: State, prepared: Prepared, at: { world: World; caller: Token | null; nowMs: number; receivedMs: number }): Promise<unknown> {
  if (prepared.kind === "invalid") return prepared.result;
  const call = { world: at.world, caller: at.caller, nowMs: at.nowMs, staleListingMs: state.knobs.staleListingMs };
  return run(prepared, call, state.journal, at.receivedMs);
}

const executes = (fault: FaultKind) => fault.kind.startsWith("execute-") || fault.kind === "answer-without-effect";

function sendFault(response: ServerResponse, fault: FaultKind): void {
  if (fault.kind === "reset") return void response.req.socket.resetAndDestroy();
  if (fault.kind === "wrong-json") return void response.writeHead(200, { "content-type": "application/json" }).end(fault.body);
  if (fault.kind === "redirect") return void response.writeHead(307, { location: fault.location }).end();
  if (fault.kind === "flood") return void response.writeHead(200, { "content-type": "application/json" }).end("x".repeat(fault.bytes));
  if (fault.kind !== "status") return;
  if (fault.retryAfterSeconds !== undefined) response.setHeader("retry-after", String(fault.retryAfterSeconds));
  send(response, fault.status, { errors: [{ message: "Problem processing request" }] });
}

function overLimit(state: State, caller: string, nowMs: number): number | null {
  const limit = state.knobs.rateLimit;
  if (limit === null) return null;
  const window = state.windows.get(caller);
  if (window === undefined || nowMs >= window.startMs + limit.perMs) {
    state.windows.set(caller, { startMs: nowMs, count: 1 });
    return null;
  }
  window.count += 1;
  return window.count <= limit.requests ? null : window.startMs + limit.perMs - nowMs;
}

function refuseRate(response: ServerResponse, retryAfterMs: number): void {
  response.setHeader("retry-after", String(Math.ceil(retryAfterMs / 1_000)));
  send(response, 429, { errors: [{ message: "Too Many Requests" }] });
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > BODY_BYTES) throw new RangeError("body too large");
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parseBody(text: string): { readonly batch: boolean; readonly list: readonly GraphQLRequest[] } | null {
  try {
    const body: unknown = JSON.parse(text);
    const batch = Array.isArray(body);
    const list = (batch ? body : [body]).map(requestOf);
    return list.length > BATCH_REQUESTS || list.length === 0 ? null : { batch, list };
  } catch {
    return null;
  }
}

function requestOf(value: unknown): GraphQLRequest {
  const { query, variables, operationName } = value as Record<string, unknown>;
  if (typeof query !== "string") throw new TypeError("no query");
  return {
    query,
    variables: typeof variables === "object" && variables !== null ? (variables as Record<string, unknown>) : {},
    operationName: typeof operationName === "string" ? operationName : null,
  };
}
