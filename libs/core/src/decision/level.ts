/** How grave an approval is: what takes away the means of recovery is the highest, and gets the long undo window. */
import { wordsOfName } from "../classify/verbs.ts";
import type { Verdict } from "../classify/verdict.ts";
import { isDestructive } from "../detectors/evidence.ts";

export type ApprovalLevel = "standard" | "highest";

/** Things whose loss leaves nothing to restore from, as operations and targets are named across providers. */
const RECOVERY: ReadonlySet<string> = new Set(["backup", "backups", "snapshot", "snapshots", "volume", "volumes", "pitr", "retention", "vault", "archive", "wal"]);
/** Programs whose whole purpose is backups. */
const BACKUP_PROGRAMS: ReadonlySet<string> = new Set(["restic", "borg", "barman", "pgbackrest", "velero", "duplicity", "kopia", "rclone"]);

export function levelOf(verdict: Verdict): ApprovalLevel {
  if (verdict.rule.startsWith("protection.")) return "highest";
  if (!isDestructive(verdict)) return "standard";
  const words = [...wordsOfName(verdict.operation), ...verdict.targets.flatMap(({ kind }) => wordsOfName(kind))];
  return words.some((word) => RECOVERY.has(word)) || BACKUP_PROGRAMS.has(words[0] ?? "") ? "highest" : "standard";
}
