/** The tools of two agent frameworks behind the gate: their real packages, a model that is a script, and no network but the loopback. */
import { Agent, type Model, type ModelRequest, Runner, tool as agentTool, Usage } from "@openai/agents";
import { createTripline, type Tripline } from "@tripline/sdk";
import { generateText, isStepCount, tool as aiTool } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { GATE_TOKEN, type GateWorld, startGateWorld } from "../gate-world.ts";

let world: GateWorld;
let tripline: Tripline<true>;
/** What really happened. */
let effects: string[];
beforeEach(async () => {
  world = await startGateWorld();
  tripline = createTripline({ endpoint: "http://127.0.0.1:1", ingestToken: "unused", agent: { name: "coder" }, gate: { url: world.url, token: GATE_TOKEN } });
  effects = [];
});
afterEach(async () => {
  await tripline.shutdown(0);
  await world.close();
});

const input = z.object({ query: z.string() });
type Input = z.infer<typeof input>;
const DELETE = 'mutation { volumeDelete(volumeId: "vol-prod") }';
const READ = 'query { volume(id: "vol-staging") { name } }';

async function railway({ query }: Input): Promise<string> {
  effects.push(query);
  return await Promise.resolve("done");
}
const request = ({ query }: Input) => ({ kind: "graphql" as const, url: "https://backboard.railway.app/graphql/v2", document: query, operationName: null, variables: null });
const resource = ({ query }: Input) => (query.includes("vol-prod") ? { resource: { kind: "volume", id: "vol-prod" } } : {});

describe("a tool of the Vercel AI SDK", () => {
  const ask = async (query: string) => {
    const usage = { inputTokens: { total: 1, noCache: 1, cacheRead: 0, cacheWrite: 0 }, outputTokens: { total: 1, text: 1, reasoning: 0 } };
    const model = new MockLanguageModelV4({
      doGenerate: [
        { content: [{ type: "tool-call", toolCallId: "call_1", toolName: "railway", input: JSON.stringify({ query }) }], finishReason: { unified: "tool-calls", raw: undefined }, usage, warnings: [] },
        { content: [{ type: "text", text: "I see." }], finishReason: { unified: "stop", raw: undefined }, usage, warnings: [] },
      ],
    });
    const execute = tripline.wrapTool("railway", async (given: Input, _options: { toolCallId: string }) => railway(given), {
      input: (given) => given,
      describe: (given, { toolCallId }) => ({ callId: toolCallId, request: request(given), ...resource(given) }),
    });
    await generateText({ model, tools: { railway: aiTool({ inputSchema: input, execute }) }, prompt: "Tidy up.", stopWhen: isStepCount(2) });
    return JSON.stringify(model.doGenerateCalls[1]?.prompt);
  };
  it("never runs a destructive call, and its model is told why", async () => {
    expect(await ask(DELETE)).toContain("Tripline refused railway (environment.crossing)");
    expect(effects).toEqual([]);
    expect(tripline.stats().gate).toMatchObject({ allowed: 0, denied: 1 });
  });
  it("runs a call that only reads", async () => {
    expect(await ask(READ)).toContain("done");
    expect(effects).toEqual([READ]);
  });
});

describe("a tool of the OpenAI Agents SDK", () => {
  const ask = async (query: string): Promise<string> => {
    const asked: ModelRequest[] = [];
    const model: Model = {
      getResponse: (one) => {
        asked.push(structuredClone({ ...one, signal: undefined, tools: [], handoffs: [] }) as unknown as ModelRequest);
        const output = asked.length === 1
          ? [{ type: "function_call" as const, callId: "call_1", name: "railway", status: "completed" as const, arguments: JSON.stringify({ query }) }]
          : [{ type: "message" as const, role: "assistant" as const, status: "completed" as const, content: [{ type: "output_text" as const, text: "I see." }] }];
        return Promise.resolve({ usage: new Usage(), output });
      },
      getStreamedResponse: () => {
        throw new Error("not asked for");
      },
    };
    const execute = tripline.wrapTool("railway", async (given: Input, _context: unknown, _details: { toolCall?: { callId: string } } | undefined) => railway(given), {
      input: (given) => given,
      describe: (given, _context, details) => ({ ...(details?.toolCall === undefined ? {} : { callId: details.toolCall.callId }), request: request(given), ...resource(given) }),
    });
    const agent = new Agent({ name: "coder", model, tools: [agentTool({ name: "railway", description: "Calls Railway.", parameters: input, execute, errorFunction: (_context, error) => String(error) })] });
    await new Runner({ tracingDisabled: true }).run(agent, "Tidy up.");
    return JSON.stringify(asked[1]?.input);
  };
  it("never runs a destructive call, and its model is told why", async () => {
    expect(await ask(DELETE)).toContain("Tripline refused railway (environment.crossing)");
    expect(effects).toEqual([]);
    expect(tripline.stats().gate).toMatchObject({ allowed: 0, denied: 1 });
  });
  it("runs a call that only reads", async () => {
    expect(await ask(READ)).toContain("done");
    expect(effects).toEqual([READ]);
  });
});
