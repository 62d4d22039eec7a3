import { userInfo } from "node:os";

/** Of whoever gives an order, for the record. A container may run under an account that has no name. */
export function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
