import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createMetrics } from "@tripline/runtime";
import { it } from "vitest";
import { matchesModel } from "../battery.ts";
import { openSqliteStore } from "./sqlite-store.ts";

it("does what a few maps would do, whatever waits together and whenever it restarts", async () => {
  await matchesModel(async () => {
    const dir = mkdtempSync(join(tmpdir(), "tripline-model-"));
    return {
      open: () => openSqliteStore({ kind: "sqlite", path: join(dir, "store.sqlite") }, { metrics: createMetrics() }),
      dispose: async () => rmSync(dir, { recursive: true }),
    };
  }, 25);
}, 60_000);
