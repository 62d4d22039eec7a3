/**
 * An approval as it lies in the store: its record, who is to execute it, and the hash of what is kept of the call, under a code that only this
 * deployment can make. The store is not trusted: what was changed in it, or put back, is void.
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { canonicalJson } from "@tripline/canonical";
import { type Approval, decode } from "@tripline/model";
import type { WorkItem } from "@tripline/store";

export interface Row {
  readonly approval: Approval;
  /** Who executes it: the gate from what it kept, or the runtime once it has claimed it. */
  readonly executedBy: "gate" | "runtime";
  /** SHA-256 of what is kept, before it was sealed. */
  readonly kept: string;
}

/** A row with the place where it lies. */
export interface Entry {
  readonly work: WorkItem;
  readonly row: Row;
}

const ID = /^apr-[0-9a-f]{32}-[1-9]\d{0,8}$/;

/** Calls that are the same but for their call id share a name; each time one is held anew, it is the next approval of that name. */
export function approvalId(sameCall: string, count: number): string {
  return `apr-${sameCall.slice(0, 32)}-${count}`;
}

export const isApprovalId = (id: string): boolean => ID.test(id);

export function writeRow(row: Row, key: Uint8Array): string {
  return JSON.stringify({ ...row, mac: codeOf(row, key) });
}

/** Null where it is not, to the letter, what this deployment wrote under this id. */
export function readRow({ id, group, payload }: Pick<WorkItem, "id" | "group" | "payload">, key: Uint8Array): Row | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(payload);
  } catch {
    return null;
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) return null;
  const { mac, ...row } = parsed as Record<string, unknown>;
  if (typeof mac !== "string" || !isSame(mac, codeOf(row, key))) return null;
  const { approval, executedBy, kept } = row as unknown as Row;
  // The code says that we wrote it; the place says that it is not another approval's row.
  return approval.id === id && group === id && isApprovalId(id) ? { approval, executedBy, kept } : null;
}

/** The record in a row that was changed, as far as it is one, for telling what became of it. */
export function claimedRecord({ id, payload }: Pick<WorkItem, "id" | "payload">): Approval | null {
  try {
    const { approval } = JSON.parse(payload) as { approval?: unknown };
    const decoded = decode("approvals", Buffer.from(JSON.stringify(approval)));
    return decoded.ok && decoded.value.id === id ? decoded.value : null;
  } catch {
    return null;
  }
}

/** A code over `text` for one purpose, of which nobody without the key can make another. */
export function sign(key: Uint8Array, purpose: string, text: string): string {
  return createHmac("sha256", key).update(`${purpose}\n${text}`).digest("base64url");
}

export function isSame(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function codeOf(row: object, key: Uint8Array): string {
  const text = canonicalJson(row);
  // What has no canonical text was not written here; no code can be equal to this one.
  return text.ok ? sign(key, "approval row", text.text) : "";
}
