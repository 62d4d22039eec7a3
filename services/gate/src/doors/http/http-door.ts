/** The doors through which agents reach upstreams: which upstream a request is for, and what is open of whom. `serve-request.ts` does the rest. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { denied } from "@tripline/core";
import { agentKey, TriplineError } from "@tripline/model";
import type { GateAnswer } from "../../answer.ts";
import type { Caller } from "../../call.ts";
import type { Executor } from "../../executor.ts";
import { answerError } from "./answers.ts";
import { createChooseCredential } from "./credential.ts";
import { hostCall } from "./http-call.ts";
import { createHttpExecutor } from "./http-executor.ts";
import { createLines, resolveByDns } from "./line.ts";
import { OpenCalls } from "./open-calls.ts";
import { type HttpDoorDeps, RequestServer, type Route } from "./serve-request.ts";

export interface HttpDoor {
  /** True where the request is this door's: `/u/<upstream>/…`. */
  readonly handle: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** A host that is no upstream: decided, recorded and refused. @throws TL_GATE_UNAVAILABLE */
  refuseHost(caller: Caller, host: URL): Promise<GateAnswer>;
  /** Never rejects. */
  serve(request: IncomingMessage, response: ServerResponse, route: Route): Promise<void>;
  readonly open: OpenCalls;
  /** Connections of a proxy's clients, whether a request is under way in them or not. */
  readonly tunnels: OpenCalls;
  readonly executor: Executor;
  close(): Promise<void>;
}

const PREFIX = /^\/u\/([A-Za-z0-9][A-Za-z0-9._:@+-]{0,255})(?=[/?]|$)/;

export function createHttpDoor(deps: HttpDoorDeps): HttpDoor {
  const { config, limits, state, secretOf, clock } = deps;
  const byName = new Map(config.upstreams.map((upstream) => [upstream.name, upstream]));
  const open = new OpenCalls();
  const tunnels = new OpenCalls();
  const lines = createLines(limits, deps.resolve ?? resolveByDns);
  const choose = createChooseCredential(deps, state.registry);
  const stopHearing = state.onBreaker((record) => {
    if (!denied(record)) return;
    for (const all of [open, tunnels]) all.cut(agentKey(record.tenant, record.agent));
  });
  const server = new RequestServer(deps, { open, lines, choose });
  const serve = (request: IncomingMessage, response: ServerResponse, route: Route): Promise<void> => server.serve(request, response, route);
  return {
    open, tunnels, serve, refuseHost: async (caller, host) => await deps.decideCall(caller, hostCall(host)),
    executor: createHttpExecutor({ upstreamOf: (name) => byName.get(name) ?? null, choose, lines, secretOf, limits, clock }),
    handle: (request, response) => {
      const { url = "" } = request;
      if (!url.startsWith("/u/")) return false;
      const matched = PREFIX.exec(url);
      const upstream = byName.get(matched?.[1] ?? "") ?? null;
      if (matched === null || upstream === null) answerError(response, new TriplineError("TL_GATE_INVALID", "No upstream is configured (`gate.upstreams`) under the name in the path, `/u/<name>/…`."));
      else void serve(request, response, { upstream, base: upstream.url, rest: url.slice(matched[0].length), tunnel: null });
      return true;
    },
    close: async () => {
      stopHearing();
      open.cutAll();
      tunnels.cutAll();
      await lines.close();
    },
  };
}
