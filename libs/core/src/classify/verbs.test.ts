import { describe, expect, it } from "vitest";
import { isGroup, nounsOfName, verbMeaning } from "./verbs.ts";

type Golden = readonly [name: string, verb: string, effect: string, reversibility: string, overwrites: boolean];

/** Where the verb stands. */
const ORDERS: readonly Golden[] = [
  ["create_ledger", "create", "create", "recoverable", false],
  ["environmentCreate", "create", "create", "recoverable", false],
  ["acme-list-ledgers", "list", "read", "reversible", false],
  ["acme_get_ledger_summary", "get", "read", "reversible", false],
  ["acme_delete_ledger", "delete", "delete", "irreversible", true],
  ["ledgers_list_in_region", "list", "read", "reversible", false],
  ["BatchGetLedger", "get", "read", "reversible", false],
  ["bulk_delete", "delete", "delete", "irreversible", true],
  ["acme-create-access-list", "create", "create", "recoverable", false],
  ["access_list_delete", "delete", "delete", "irreversible", true],
  ["list_deploy_keys", "list", "read", "reversible", false],
  ["snapshot_get", "get", "read", "reversible", false],
  ["release_list", "list", "read", "reversible", false],
  ["copy_list", "copy", "create", "recoverable", false],
  ["deploy_plan_get", "get", "read", "reversible", false],
  ["items_by_owner", "by", "read", "reversible", false],
  ["fleet_status_live", "status", "read", "reversible", false],
  ["ledger_item_query", "query", "read", "reversible", false],
  ["mark_all_read", "mark", "write", "unknown", false],
  ["collection-storage-size", "size", "read", "reversible", false],
  ["volume_info", "info", "read", "reversible", false],
];

/** What is lost, and what only sounds like it. */
const LOSSES: readonly Golden[] = [
  ["projectScheduleDeleteForce", "delete", "delete", "irreversible", true],
  ["projectScheduleDeleteCancel", "cancel", "write", "unknown", false],
  ["CancelKeyDeletion", "cancel", "write", "recoverable", false],
  ["ScheduleKeyDeletion", "schedule", "delete", "irreversible", true],
  ["updateMembersCanDeleteBoardsSetting", "update", "write", "unknown", true],
  ["setDeleteOnTermination", "set", "write", "unknown", true],
  ["createDeletePolicy", "create", "create", "unknown", false],
  ["enableDeleteProtection", "enable", "write", "unknown", false],
  ["list_delete_markers", "list", "read", "reversible", false],
  ["get_or_delete_ledger", "delete", "delete", "irreversible", true],
  ["send_password_reset", "send", "publish", "unknown", false],
  ["perform_reset", "reset", "delete", "irreversible", true],
  ["run_purge_job", "purge", "delete", "irreversible", true],
  ["updateRefForce", "force", "delete", "irreversible", true],
  ["undelete_ledger", "undelete", "write", "unknown", false],
  ["move_to_trash", "move", "delete", "recoverable", true],
  ["revokeToken", "revoke", "admin", "unknown", true],
];

/** What replaces, and what adds. */
const UPDATES: readonly Golden[] = [
  ["update_ledger", "update", "write", "unknown", true],
  ["update_issue_title", "update", "write", "unknown", false],
  ["create_or_update_ledger", "update", "write", "unknown", true],
  ["search_and_replace", "replace", "write", "unknown", true],
  ["getOrCreateUser", "create", "create", "recoverable", false],
  ["manage_issue_subscriptions", "manage", "write", "unknown", true],
  ["machine_lifecycle", "lifecycle", "write", "unknown", true],
  ["merge_branch", "merge", "publish", "unknown", true],
  ["merge_pull_request", "merge", "publish", "unknown", false],
  ["complete_database_migration", "complete", "write", "unknown", true],
  ["append_row", "append", "write", "unknown", false],
  ["rename_ledger", "rename", "write", "unknown", false],
  ["generate_types", "generate", "read", "reversible", false],
  ["generate_key", "generate", "create", "recoverable", false],
  ["git_checkout", "checkout", "write", "recoverable", false],
  ["run_query", "run", "execute", "unknown", true],
  ["run_container", "run", "create", "recoverable", false],
  ["start_pipeline", "start", "execute", "unknown", false],
  ["deploy_function", "deploy", "publish", "unknown", true],
  ["open_page", "open", "read", "reversible", false],
  ["open_ticket", "open", "create", "recoverable", false],
  ["connect", "connect", "read", "reversible", false],
  ["connect_peering", "connect", "write", "unknown", false],
  ["resolve_thread", "resolve", "write", "recoverable", false],
  ["resolve-library-id", "resolve", "read", "reversible", false],
  ["test_connection", "test", "read", "reversible", false],
  ["TestFailover", "failover", "write", "unknown", true],
  ["TestFunction", "test", "execute", "recoverable", false],
];

describe("the verb of a name", () => {
  it.each([...ORDERS, ...LOSSES, ...UPDATES])("of %s is %s", (name, verb, effect, reversibility, overwrites) => {
    const meaning = verbMeaning(name);
    expect(meaning).toMatchObject({ effect, reversibility, overwrites });
    expect(meaning!.verb).toBe(verb);
  });

  it.each(["", "frobnicate", "ledger", "input_to_ledger", "constructor", "__proto__", "DashboardsAccessAll"])("is not found in %j", (name) => {
    expect(verbMeaning(name)).toBeNull();
  });
});

describe("the nouns of a name", () => {
  it("are the words that say what it is about, wherever the verb stands", () => {
    expect(["volumeInstanceBackupDelete", "delete_volume_backup", "purgeAll"].map(nounsOfName)).toEqual([["volume", "instance", "backup"], ["volume", "backup"], ["all"]]);
  });
});

describe("a word of a command line", () => {
  it("groups others where it is rather a noun", () => {
    expect(["snapshot", "record-sets", "backup", "app-versions", "delete", "delete-snapshot", "frobnicate"].map(isGroup)).toEqual([true, true, true, true, false, false, false]);
  });

  it("that is a plural noun is no verb by itself", () => {
    expect(["versions", "details", "catalog"].map(verbMeaning)).toEqual([null, null, null]);
    expect(verbMeaning("logs")).toMatchObject({ effect: "read" });
  });
});
