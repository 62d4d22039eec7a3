/** What campaigns outside of this package run of its tests. */
export { BOUND_CHANGES, type ChangesDone, runChanges } from "./approvals/changes.fixture.ts";
export { runUses, type UsesDone } from "./approvals/uses.fixture.ts";
export { makeAuthority, openAuthority } from "./doors/http/authority.ts";
