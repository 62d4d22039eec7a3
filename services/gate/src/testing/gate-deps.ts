/** What every gate in a test has in common: nobody's tokens, no upstream, ports of its own. A test gives what is its own. */
import { createLogger, createMetrics } from "@tripline/runtime";
import { createSealer } from "@tripline/store";
import type { GateDeps, GateSettings } from "../deps.ts";

export interface GivenDeps extends Pick<GateDeps, "eventLog" | "store">, Partial<Omit<GateDeps, "config" | "eventLog" | "store">> {
  readonly config?: Partial<GateSettings>;
}

export function gateDeps({ config = {}, ...given }: GivenDeps): GateDeps {
  return {
    metrics: createMetrics(), logger: createLogger({ level: "silent", name: "test" }), clock: () => Date.now(),
    holderOf: () => null, isLeaseControl: () => false, approverOf: () => null, secretOf: () => null, backupFinders: [],
    authority: () => {
      throw new Error("no authority here");
    },
    tenantKey: () => key(1), approvalKey: () => key(2), sealing: createSealer(key(3)),
    ...given,
    config: gateSettings(config),
  };
}

export function gateSettings(given: Partial<GateSettings> = {}): GateSettings {
  return { instance: "test", host: "127.0.0.1", port: 0, socket: null, forward: null, approvals: { host: "127.0.0.1", port: 0, url: null }, upstreams: [], guard: null, ...given };
}

const KEY_BYTES = 32;
const key = (byte: number): Uint8Array => new Uint8Array(KEY_BYTES).fill(byte);
