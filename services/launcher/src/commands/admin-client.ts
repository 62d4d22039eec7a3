/** Talks to a running Tripline: found through its data directory, or TRIPLINE_ADMIN_URL and TRIPLINE_ADMIN_TOKEN. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TriplineError } from "@tripline/model";
import { publishedAddresses } from "../data-dir.ts";
import { dataDirOf, type GlobalOptions } from "./options.ts";

/** One admin call, in milliseconds; streams have no bound. */
const CALL_MS = 15_000;

export interface AdminClient {
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: unknown): Promise<T>;
  /** Lines of an NDJSON stream. */
  lines(path: string, signal?: AbortSignal): AsyncGenerator<string>;
}

/** What the admin API answered instead of a result, with its code. */
export class AdminError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Call {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** @throws TL_NOT_RUNNING if no running instance is known; calls reject with it, TL_CONNECTION_BROKEN or the API's own message */
export function adminClient(options: GlobalOptions): AdminClient {
  return clientOf(findInstances(options), "admin API");
}

/** `name`: for people, of what answers. */
export function clientOf({ urls, token }: { readonly urls: readonly string[]; readonly token: string }, name: string): AdminClient {
  const call = async (path: string, init: Call): Promise<Response> => {
    const response = await firstAnswer(urls, path, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
    if (response.ok) return response;
    const answer = (await response.json().catch(() => ({}))) as { error?: { code?: string; message?: string } };
    throw new AdminError(answer.error?.code ?? "TL_INTERNAL", answer.error?.message ?? `The ${name} answered ${response.status}.`);
  };
  const json = async <T>(path: string, init: Call): Promise<T> => {
    const response = await call(path, { ...init, signal: AbortSignal.timeout(CALL_MS) });
    return (await response.json().catch(() => Promise.reject(new TriplineError("TL_CONNECTION_BROKEN")))) as T;
  };
  return {
    get: (path) => json(path, {}),
    post: (path, body) => json(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    lines: (path, signal) => linesOf(call(path, signal === undefined ? {} : { signal })),
  };
}

/** Any instance answers for all. Only one that could not be connected to is passed over: another failure may have taken effect. */
async function firstAnswer(urls: readonly string[], path: string, init: Call): Promise<Response> {
  for (const url of urls) {
    try {
      return await fetch(`${url}${path}`, init);
    } catch (error) {
      if (!isUnreached(error)) throw new TriplineError("TL_CONNECTION_BROKEN", `It went to ${url}.`);
    }
  }
  throw new TriplineError("TL_NOT_RUNNING", `Nothing answers at ${urls.join(", ")}.`);
}

/** The request was never sent: the host is unknown or away, or nobody listens there. */
const UNREACHED: ReadonlySet<unknown> = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "EHOSTUNREACH", "ENETUNREACH", "UND_ERR_CONNECT_TIMEOUT"]);

function isUnreached(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  const causes = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
  return causes.every((one) => typeof one === "object" && one !== null && "code" in one && UNREACHED.has(one.code));
}

function findInstances(options: GlobalOptions): { urls: readonly string[]; token: string } {
  const { TRIPLINE_ADMIN_URL: given, TRIPLINE_ADMIN_TOKEN: token } = process.env;
  const dataDir = dataDirOf(options.config);
  // Each by itself: an order meant for the address that was given must not go to whatever runs on this machine.
  const urls = given === undefined ? publishedAddresses(dataDir, "admin").map(({ url }) => url) : given.split(",").map((url) => url.trim().replace(/\/$/, ""));
  if (urls.length === 0) throw new TriplineError("TL_NOT_RUNNING", `The data directory is ${dataDir}.`);
  return { urls, token: token ?? tokenIn(dataDir) };
}

function tokenIn(dataDir: string): string {
  try {
    return readFileSync(join(dataDir, "admin-token"), "utf8").trim();
  } catch {
    throw new TriplineError("TL_NOT_RUNNING", `The admin token is not in ${dataDir}; set TRIPLINE_ADMIN_TOKEN.`);
  }
}

const isAbort = (error: unknown): boolean => error instanceof Error && error.name === "AbortError";

async function* linesOf(answer: Promise<Response>): AsyncGenerator<string> {
  const { body } = await answer;
  if (body === null) return;
  let rest = "";
  try {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      yield* lines;
    }
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new TriplineError("TL_CONNECTION_BROKEN", "Where there are several, another is asked then.");
  }
  if (rest !== "") yield rest;
}
