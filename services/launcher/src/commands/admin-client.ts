/** Talks to a running Tripline: found through its data directory, or TRIPLINE_ADMIN_URL and TRIPLINE_ADMIN_TOKEN. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { TriplineError } from "@tripline/model";
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

/** @throws TL_NOT_RUNNING if no running instance is known; calls reject with the API's own message */
export function adminClient(options: GlobalOptions): AdminClient {
  const { url, token } = findInstance(options);
  const call = async (path: string, init: Call): Promise<Response> => {
    const response = await fetch(`${url}${path}`, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } }).catch(() => {
      throw new TriplineError("TL_NOT_RUNNING", `Nothing answers at ${url}.`);
    });
    if (response.ok) return response;
    const answer = (await response.json().catch(() => ({}))) as { error?: { code?: string; message?: string } };
    throw new AdminError(answer.error?.code ?? "TL_INTERNAL", answer.error?.message ?? `The admin API answered ${response.status}.`);
  };
  const json = async <T>(path: string, init: Call): Promise<T> => (await (await call(path, { ...init, signal: AbortSignal.timeout(CALL_MS) })).json()) as T;
  return {
    get: (path) => json(path, {}),
    post: (path, body) => json(path, { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
    lines: (path, signal) => linesOf(call(path, signal === undefined ? {} : { signal })),
  };
}

function findInstance(options: GlobalOptions): { url: string; token: string } {
  const { TRIPLINE_ADMIN_URL: url, TRIPLINE_ADMIN_TOKEN: token } = process.env;
  if (url !== undefined && token !== undefined) return { url, token };
  const dataDir = dataDirOf(options.config);
  try {
    const { url: found } = JSON.parse(readFileSync(join(dataDir, "admin.json"), "utf8")) as { url: string };
    return { url: found, token: readFileSync(join(dataDir, "admin-token"), "utf8").trim() };
  } catch {
    throw new TriplineError("TL_NOT_RUNNING", `The data directory is ${dataDir}.`);
  }
}

async function* linesOf(answer: Promise<Response>): AsyncGenerator<string> {
  const { body } = await answer;
  if (body === null) return;
  let rest = "";
  for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    yield* lines;
  }
  if (rest !== "") yield rest;
}
