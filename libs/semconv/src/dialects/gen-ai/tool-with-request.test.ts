import { describe, expect, it } from "vitest";
import { traceContext } from "../../context.ts";
import { finish } from "../../otlp/item.ts";
import { mapItem, readOtlp } from "../../semconv.ts";

function draftsOf(values: Readonly<Record<string, string>>) {
  const attributes = Object.entries({ "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "run_shell", ...values }).map(([key, stringValue]) => ({
    key,
    value: { stringValue },
  }));
  const span = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", name: "execute_tool run_shell", attributes };
  const result = finish(readOtlp("trace", "json", Buffer.from(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }))));
  if (!result.ok) throw new Error(result.detail);
  const mapped = mapItem(result.items[0]!, traceContext(result.items));
  if (mapped.kind !== "actions") throw new Error(mapped.kind);
  return mapped.drafts;
}

const COMMAND = '{"command":"railway volume delete --yes"}';

describe("a tool span that also tells of a request", () => {
  it("never hides what the tool was asked to do behind a harmless request", () => {
    const drafts = draftsOf({ "gen_ai.tool.call.arguments": COMMAND, "http.request.method": "GET", "url.full": "http://localhost/mcp" });
    expect(drafts.map(({ request, inputs }) => [request?.kind ?? null, inputs?.text])).toEqual([
      [null, COMMAND],
      ["http", COMMAND],
    ]);
    expect(new Set(drafts.map(({ callId }) => callId)).size).toBe(1);
    expect(new Set(drafts.map(({ id }) => id)).size).toBe(2);
  });

  it("is one action where no request is told", () => {
    expect(draftsOf({ "gen_ai.tool.call.arguments": COMMAND })).toHaveLength(1);
  });
});
