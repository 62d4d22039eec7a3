import { describe, expect, it } from "vitest";
import { type ProtoRequest, traceRequest } from "../ingest/otlp-schema.ts";
import { AGENTS, agentName, type Body, makeBodies, spansOf } from "./traffic.ts";

const SPANS = 21;
const spansIn = ({ bytes }: Body) => {
  const [group] = (traceRequest.decode(bytes) as unknown as ProtoRequest).resourceSpans ?? [];
  return group?.scopeSpans?.[0]?.spans ?? [];
};
const textOf = (span: ReturnType<typeof spansIn>[number] | undefined, key: string) => span?.attributes.find((pair) => pair.key === key)?.value?.stringValue;

describe("the traffic of the Kafka benchmark", () => {
  it("gives each request to one agent, by every name it goes by", () => {
    const bodies = makeBodies(AGENTS + 1, SPANS, 1, "tools");
    expect(bodies.map(({ agent }) => agent)).toEqual([...Array.from({ length: AGENTS }, (_, index) => index), 0]);
    for (const body of bodies) {
      for (const span of spansIn(body)) {
        expect(textOf(span, "gen_ai.agent.id")).toBe(agentName(body.agent));
        expect(textOf(span, "gen_ai.agent.name")).toBe(agentName(body.agent));
      }
    }
  });

  it("counts tool calls: all spans, or of a whole trace those between model calls", () => {
    expect(makeBodies(1, SPANS, 1, "tools")[0]?.calls).toBe(SPANS);
    expect(makeBodies(1, SPANS, 1, "trace")[0]?.calls).toBe(10);
  });

  it("ends every so many requests with a call that is found wrong, and no other", () => {
    const wrong = makeBodies(10, SPANS, 1, "tools", 5).map((body) => spansIn(body).map((span) => textOf(span, "gen_ai.tool.call.arguments") === '{"command":"npm publish"}'));
    expect(wrong.flatMap((spans, request) => spans.flatMap((isWrong, span) => (isWrong ? [[request, span]] : [])))).toEqual([
      [4, SPANS - 1],
      [9, SPANS - 1],
    ]);
  });

  it("has the same spans when each is encoded for itself", () => {
    const [body] = makeBodies(1, SPANS, 1, "trace");
    if (body === undefined) throw new Error("no body");
    const type = traceRequest.root.lookupType("Span");
    const alone = spansOf(body).map((bytes) => type.toObject(type.decode(bytes)));
    expect(alone).toEqual(spansIn(body).map((span) => type.toObject(type.fromObject(span as object))));
  });
});
