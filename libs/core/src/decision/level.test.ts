import { describe, expect, it } from "vitest";
import { verdictOf } from "../classify/compose.ts";
import type { Target } from "../classify/verdict.ts";
import { levelOf } from "./level.ts";

const deleting = (operation: string, ...kinds: string[]) =>
  verdictOf({ operation, effect: "delete", reversibility: "irreversible", reason: "" }, "r", kinds.map((kind): Target => ({ kind, id: "x", environment: null })));

describe("how grave an approval is", () => {
  it.each([["railway.volumeDelete"], ["aws.ec2.delete-snapshot"], ["docker.volume.rm"], ["restic.forget"], ["velero.delete"], ["delete_backups"]])("is the highest for %s", (operation) => {
    expect(levelOf(deleting(operation))).toBe("highest");
  });
  it("is the highest for a target of such a kind, whatever the operation is called", () => {
    expect(levelOf(deleting("api.remove", "backup"))).toBe("highest");
  });
  it.each([["api.example/v1/volumes/vol-1", "highest"], ["api.example/v1/volumes/vol-1/backups", "highest"], ["api.example/v1/volumes/vol-1/attachments/7", "standard"], ["volumes.example/v1/things/7", "standard"]])("is told from the end of a path: %s", (id, level) => {
    const known = { operation: "http.delete", effect: "delete" as const, reversibility: "irreversible" as const, reason: "" };
    expect(levelOf(verdictOf(known, "r", [{ kind: "url", id, environment: null }]))).toBe(level);
  });
  it.each([["sql.drop-table"], ["shell.rm"], ["volumetric.delete"], ["github.repository-delete"]])("is standard for %s", (operation) => {
    expect(levelOf(deleting(operation))).toBe("standard");
  });
  it("is standard for making or reading a backup, the highest for taking protection away even if that can be undone", () => {
    const known = (effect: "create" | "read" | "admin") => ({ operation: "aws.rds.snapshot", effect, reversibility: "reversible" as const, reason: "" });
    expect(levelOf(verdictOf(known("create"), "r"))).toBe("standard");
    expect(levelOf(verdictOf(known("read"), "r"))).toBe("standard");
    expect(levelOf(verdictOf(known("admin"), "protection.deletion"))).toBe("highest");
  });
});
