import { describe, expect, it } from "vitest";
import { MAX_NESTING } from "../bounds.ts";
import { MAX_SETTINGS, protectionTakenBy, protectionTurnedOff } from "./protection.ts";

type Named = readonly [name: string, id: string | null];

const NAMES: readonly Named[] = [
  ["DeleteBackupPlan", "backup"],
  ["disable_automated_backups", "backup"],
  ["cancel_backup_schedule", "backup"],
  ["DeleteBackupVaultLockConfiguration", "backup"],
  ["suspend_versioning", "versioning"],
  ["disableDeletionProtection", "deletion"],
  ["remove_management_lock", "deletion"],
  ["StopLogging", "audit"],
  ["DeleteFlowLogs", "audit"],
  ["remove_retention_policy", "retention"],
  ["deleteBranchProtectionRule", "code"],
  ["unprotect", "deletion"],
  ["create_backup_plan", null],
  ["delete_backup_label", null],
  ["enable_versioning", null],
  ["stop_instance", null],
  ["delete_branch", null],
  ["list_backup_plans", null],
];

type Given = readonly [args: unknown, id: string | null];

const ARGUMENTS: readonly Given[] = [
  [{ DeletionProtection: false }, "deletion"],
  [{ DeletionProtection: true }, null],
  [{ settings: { deletionProtectionEnabled: "false" } }, "deletion"],
  [{ "DisableApiTermination.Value": "false" }, "deletion"],
  [{ "DisableApiTermination.Value": "true" }, null],
  [{ lifecycle: { prevent_destroy: false } }, "deletion"],
  [{ force_destroy: true }, "deletion"],
  [{ force_destroy: false }, null],
  [{ BackupRetentionPeriod: 0 }, "backup"],
  [{ BackupRetentionPeriod: 7 }, null],
  [{ settings: { backupConfiguration: { enabled: false } } }, "backup"],
  [{ PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: false } }, "backup"],
  [{ VersioningConfiguration: { Status: "Suspended" } }, "versioning"],
  [{ VersioningConfiguration: { Status: "Enabled" } }, null],
  [{ versioning: { enabled: false } }, "versioning"],
  [{ softDeletePolicy: { retentionDurationSeconds: "0" } }, "retention"],
  [{ BypassGovernanceRetention: true }, "retention"],
  [{ SkipFinalSnapshot: true }, "final-copy"],
  [{ SkipFinalSnapshot: false }, null],
  [{ audit_logging_enabled: false }, "audit"],
  [{ allowsForcePushes: true }, "code"],
  [{ enforce_admins: null }, "code"],
  [{ spec: { persistentVolumeReclaimPolicy: "Delete" } }, "reclaim"],
  [{ items: [{ deletion_protection: false }] }, "deletion"],
  [{ backups: false }, "backup"],
  [{ backup: false }, null],
  [{ create_backups: false }, null],
  [{ deletion_protection: null }, null],
  [{ backup_retention_period: null }, null],
  [{ note: "deletion protection false", backup_name: "0" }, null],
  [{ title: "false" }, null],
  ["deletion_protection", null],
  [null, null],
];

describe("a protection", () => {
  it.each(NAMES)("is taken away by the operation %s: %s", (name, id) => {
    expect(protectionTakenBy(name)?.id ?? null).toBe(id);
  });

  it.each(ARGUMENTS)("is turned off by the arguments %j: %s", (args, id) => {
    expect(protectionTurnedOff(args, JSON.stringify(args))?.id ?? null).toBe(id);
  });

  it("that keeps data outranks one that keeps review, whatever comes first", () => {
    const args = { allowsForcePushes: true, deletionProtection: false };
    expect(protectionTurnedOff(args)?.id).toBe("deletion");
    expect(protectionTurnedOff(Object.fromEntries(Object.entries(args).toReversed()))?.id).toBe("deletion");
  });

  it("is looked for in so many arguments and so deep; what lies beyond may be one", () => {
    const padded = (count: number) => ({ pad: Array.from({ length: count }, () => 1), deletion_protection: false });
    expect(protectionTurnedOff(padded(MAX_SETTINGS - 4))?.id).toBe("deletion");
    expect(protectionTurnedOff(padded(MAX_SETTINGS))?.id).toBe("unread");
    const nested = (depth: number): unknown => (depth === 0 ? { deletion_protection: false } : { a: nested(depth - 1) });
    expect(protectionTurnedOff(nested(MAX_NESTING - 1))?.id).toBe("deletion");
    expect(protectionTurnedOff(nested(MAX_NESTING))?.id).toBe("unread");
  });
});
