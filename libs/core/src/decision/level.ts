/** How grave an approval is: what takes away the means of recovery is the highest, and gets the long undo window. */
import { wordsOfName } from "../classify/verbs.ts";
import type { Verdict } from "../classify/verdict.ts";
import { isDestructive } from "../detectors/evidence.ts";
import { partsOfPath } from "./reach.ts";

export type ApprovalLevel = "standard" | "highest";

/** Things whose loss leaves nothing to restore from, as operations and targets are named across providers. */
const RECOVERY: ReadonlySet<string> = new Set(["backup", "backups", "snapshot", "snapshots", "volume", "volumes", "pitr", "retention", "vault", "archive", "wal"]);
/** Programs whose whole purpose is backups. */
const BACKUP_PROGRAMS: ReadonlySet<string> = new Set(["restic", "borg", "barman", "pgbackrest", "velero", "duplicity", "kopia", "rclone"]);

/** Where REST names what it deletes: `volumes/vol-1`, `volumes/vol-1/backups`. */
const LAST_PARTS = 2;

export function levelOf(verdict: Verdict): ApprovalLevel {
  if (verdict.rule.startsWith("protection.")) return "highest";
  if (!isDestructive(verdict)) return "standard";
  const words = [...wordsOfName(verdict.operation), ...verdict.targets.flatMap(({ kind, id }) => (kind === "url" ? partsOfPath(id).slice(-LAST_PARTS) : [kind]).flatMap(wordsOfName))];
  return words.some((word) => RECOVERY.has(word)) || BACKUP_PROGRAMS.has(words[0] ?? "") ? "highest" : "standard";
}
