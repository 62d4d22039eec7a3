/**
 * What each dialect makes of recorded shapes: `<name>.otlp.json` beside the dialect is what came in, `<name>.action.json` what
 * must come out, item by item. After a deliberate change, `UPDATE_GOLDEN=1` writes them anew; review the difference.
 */
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { spanActionId, spanCallId } from "@tripline/model";
import { traceContext } from "../context.ts";
import type { ActionDraft, Mapped } from "../dialect.ts";
import { finish } from "../otlp/item.ts";
import { DIALECTS, mapItem, readOtlp } from "../semconv.ts";

const update = process.env["UPDATE_GOLDEN"] === "1";

for (const dialect of DIALECTS) {
  const folder = new URL(`./${dialect.name}/fixtures/`, import.meta.url);
  describe(`dialect ${dialect.name}`, () => {
    const inputs = readdirSync(folder).filter((file) => file.endsWith(".otlp.json"));
    it("has an example", () => expect(inputs.length).toBeGreaterThan(0));
    for (const file of inputs) {
      it(`maps ${file}`, () => {
        const bytes = readFileSync(new URL(file, folder));
        const golden = new URL(file.replace(".otlp.json", ".action.json"), folder);
        const mapped = mapAll(bytes);
        if (update) writeFileSync(golden, `${JSON.stringify(mapped, null, 2)}\n`);
        expect(mapped).toEqual(JSON.parse(readFileSync(golden, "utf8")));
      });
    }
  });
}

function mapAll(bytes: Buffer): unknown[] {
  const signal = bytes.includes("resourceLogs") ? "log" : "trace";
  const result = finish(readOtlp(signal, "json", bytes));
  if (!result.ok) throw new Error(result.detail);
  const context = traceContext(result.items);
  return result.items.map((item) => plain(mapItem(item, context)));
}

function idsOf({ id, callId, phase, source: { traceId, spanId } }: ActionDraft): { id: string; callId: string } {
  return { id: id ?? spanActionId(traceId, spanId, phase), callId: callId ?? spanCallId(traceId, spanId) };
}

function plain(mapped: Mapped): unknown {
  if (mapped.kind !== "actions") return mapped;
  return { kind: "actions", drafts: mapped.drafts.map((draft) => ({ ...draft, ...idsOf(draft), provenance: Object.fromEntries(draft.provenance) })) };
}
