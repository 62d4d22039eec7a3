/** The guard's word on backups, as approvers are shown it. */
import { redact } from "@tripline/canonical";
import type { BackupLookup } from "../approvals/backup-state.ts";
import type { KnownSecret } from "../record.ts";
import type { BackupKind, Guard } from "./backup-state.ts";

const SHOWN = { exists: "restorable", "only-inside-reach": "reachable", none: "none", unknown: "unknown" } as const satisfies Record<BackupKind, string>;

/** What a target is called may come from the agent: no secret that it put there is shown. */
export function backupLookup(guard: Pick<Guard, "backupStateOf">, isKnownSecret: (tenant: string) => KnownSecret): BackupLookup {
  return async ({ tenant }, { touched }) => {
    const { kind, summary, targets, takenFirst, isCovered } = await guard.backupStateOf(touched);
    const times = targets.flatMap(({ newestAtMs }) => newestAtMs ?? []);
    return { kind: SHOWN[kind], text: redact(summary, { known: isKnownSecret(tenant) }).text, takenAtMs: kind === "exists" && times.length > 0 ? Math.min(...times) : null, takenFirst, isCovered };
  };
}
