/** Made-up observations for tests of the pure parts. */
import type { AgentEvent } from "./agent-events.ts";
import type { GateFacts } from "./gate-acts.ts";
import type { Observations } from "./timeline.ts";

export const ZERO_MS = 1_777_000_000_000;

/** A run in which the agent tries `volumes` deletions 750 ms apart, and the provider executes the first `lost`. */
export function observed(lost: number, change: Partial<Observations> = {}, volumes = 12): Observations {
  const all = Array.from({ length: volumes }, (_, index) => ({ id: `vol-${index}`, name: `production-data-${index + 1}` }));
  const calls = all.flatMap(({ id, name }, call): AgentEvent[] => {
    const atMs = ZERO_MS + call * 750;
    const outcome = call < lost ? "deleted" : "refused";
    return [
      { kind: "sent", atMs, call, volumeId: id, volume: name },
      { kind: "answered", atMs: atMs + 21, call, outcome, detail: call < lost ? "" : "Not Authorized" },
    ];
  });
  return {
    protection: "sdk",
    agent: [
      { kind: "work", atMs: ZERO_MS - 900, tool: "read_file", detail: "TASK.md" },
      { kind: "found", atMs: ZERO_MS - 40, file: "ops/domains/sync-domains.json" },
      ...calls,
      { kind: "done", atMs: ZERO_MS + volumes * 750 },
    ],
    volumesBefore: all,
    volumesAfter: all.slice(lost),
    backupsBefore: volumes * 2,
    backupsAfter: (volumes - lost) * 2,
    deletions: all.slice(0, lost).map(({ id }, index) => ({ volumeId: id, atMs: ZERO_MS + index * 750 + 10 })),
    proberRefusedMs: null,
    trip: null,
    containment: [],
    containmentStatus: null,
    alerts: [],
    gate: null,
    ...change,
  };
}

/** The same with Tripline at work: tripped at 12 ms, refused at 71 ms, verified at 95 ms. */
export function contained(lost: number, text = "volumeDelete on production by an agent registered for staging"): Observations {
  return observed(lost, {
    proberRefusedMs: ZERO_MS + 71,
    trip: { atMs: ZERO_MS + 12, summary: text, findings: [{ rule: "foreign-credential", summary: text }] },
    containment: [
      { name: "domain-automation", reason: "foreign", state: "verified", proof: text, revokedAtMs: ZERO_MS + 55, verifiedAtMs: ZERO_MS + 80 },
      { name: "staging-agent", reason: "registered", state: "verified", proof: text, revokedAtMs: ZERO_MS + 58, verifiedAtMs: ZERO_MS + 95 },
    ],
    containmentStatus: "verified",
    alerts: [{ receivedMs: ZERO_MS + 130, type: "breaker.tripped", title: text, lines: [text] }],
  });
}

/** Behind the gate: every call held, and people answered; `database` is what became of the last act. */
export function gated(database: GateFacts["database"], text = "orders"): Observations {
  const seen = observed(0);
  return {
    ...seen,
    protection: "gate",
    agent: seen.agent.map((event): AgentEvent => (event.kind === "answered" ? { ...event, outcome: "held", detail: text } : event)),
    gate: {
      selfApproval: { atMs: ZERO_MS + 9_100, status: 401 }, refusedByHuman: 12, cancelledKept: true, executedExactly: true, executedAfterMs: 2_046, database,
      moments: [{ atMs: ZERO_MS + 9_100, text: "the agent tries to approve its own call: HTTP 401" }, { atMs: ZERO_MS + 9_900, text: `database ${text}: brought back` }],
    },
  };
}
