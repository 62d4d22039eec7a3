/** How a runtime reaches the gate, and what becomes of a call while it cannot. */

export interface GateOptions {
  /** Base address of the gate's agents' door. This or `socketPath`. */
  url?: string;
  /** Path of the decide API's unix socket. */
  socketPath?: string;
  /** The agent's lease token for the gate. */
  token: string;
  /** A decision that takes longer counts as none. */
  timeoutMs?: number;
  /** What becomes of a tool declared to only read while the gate is away. All else does not run then, always. */
  whenAway?: { read?: "allow" | "deny" };
  /** How long a held call waits for its approval before `TriplineHeld` is thrown; 0 = not at all. */
  waitMs?: number;
  /** Pause between two questions while it waits. */
  askEveryMs?: number;
}

export interface GateSettings {
  readonly place: { readonly kind: "url"; readonly url: URL } | { readonly kind: "socket"; readonly path: string };
  readonly token: string;
  readonly timeoutMs: number;
  readonly readsWhenAway: boolean;
  readonly waitMs: number;
  readonly askEveryMs: number;
}

/** Longer than the gate waits for its own log. */
const TIMEOUT_MS = 5_000;
const ASK_EVERY_MS = 1_000;
const MIN_ASK_EVERY_MS = 50;

/** Throws TypeError naming the option, never its value. */
export function checkGate({ url, socketPath, token, timeoutMs, whenAway, waitMs, askEveryMs }: GateOptions): GateSettings {
  if ((url === undefined) === (socketPath === undefined)) throw new TypeError("tripline: `gate` needs one of `url` and `socketPath`");
  if (typeof token !== "string" || !/^[\x21-\x7e]+$/.test(token)) throw new TypeError("tripline: `gate.token` is empty or has characters that a header cannot carry");
  return {
    place: socketPath === undefined ? { kind: "url", url: decisionsUrl(url ?? "") } : { kind: "socket", path: socketPath },
    token,
    timeoutMs: positive("timeoutMs", timeoutMs, TIMEOUT_MS),
    readsWhenAway: whenAway?.read !== "deny",
    waitMs: waitMs === undefined || waitMs === 0 ? 0 : positive("waitMs", waitMs, 0),
    askEveryMs: Math.max(MIN_ASK_EVERY_MS, positive("askEveryMs", askEveryMs, ASK_EVERY_MS)),
  };
}

function decisionsUrl(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new TypeError("tripline: `gate.url` is not a URL");
  }
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new TypeError("tripline: `gate.url` must be http: or https:");
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/v1/decisions`;
  return url;
}

function positive(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (typeof value !== "number" || !Number.isFinite(value) || value <= 0 || value > 2_147_483_647) throw new TypeError(`tripline: \`gate.${name}\` is not a time in milliseconds`);
  return value;
}
