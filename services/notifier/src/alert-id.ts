import { sha256Hex } from "@tripline/canonical";

/** The id of an alert follows from what it reports, so that whoever reports it again, after whatever crash, sends the same one. */
export function alertId(...parts: readonly string[]): string {
  return `alert_${sha256Hex(JSON.stringify(parts)).slice(0, 40)}`;
}
