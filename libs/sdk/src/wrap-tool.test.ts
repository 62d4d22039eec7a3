import { EventEmitter } from "node:events";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import { createTripline, type Tripline } from "./index.ts";
import { startRecorder, type Recorder } from "./testing/recorder.ts";

let recorder: Recorder;
let tripline: Tripline;
beforeAll(async () => {
  recorder = await startRecorder();
  tripline = createTripline({ endpoint: recorder.endpoint, ingestToken: "t", agent: { name: "a" } });
});
afterAll(async () => {
  await tripline.shutdown(2_000);
  await recorder.close();
});

type Outcome = { returned: unknown } | { threw: unknown } | { resolved: unknown } | { rejected: unknown };

async function outcomeOf(tool: (...args: unknown[]) => unknown, self: unknown, args: unknown[]): Promise<Outcome> {
  let returned: unknown;
  try {
    returned = Reflect.apply(tool, self, args);
  } catch (error) {
    return { threw: error };
  }
  if (!(returned instanceof Promise)) return { returned };
  try {
    return { resolved: await (returned as Promise<unknown>) };
  } catch (error) {
    return { rejected: error };
  }
}

const anyValue = fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withSparseArray: true, withNullPrototype: true });

describe("a wrapped tool", () => {
  it("returns, throws, resolves and rejects exactly what the bare one does", async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom("return", "throw", "resolve", "reject"), anyValue, fc.array(anyValue, { maxLength: 3 }), anyValue, async (way, value, args, self) => {
        const seen: { self: unknown; args: unknown[] }[] = [];
        const bare = function (this: unknown, ...received: unknown[]): unknown {
          seen.push({ self: this, args: received });
          if (way === "throw") throw value;
          if (way === "resolve") return Promise.resolve(value);
          return way === "reject" ? Promise.reject(value) : value;
        };
        const expected = await outcomeOf(bare, self, args);
        const actual = await outcomeOf(tripline.wrapTool("t", bare), self, args);
        expect(Object.keys(actual)).toEqual(Object.keys(expected));
        expect(Object.is(Object.values(actual)[0], Object.values(expected)[0])).toBe(true);
        expect(seen[1]?.self).toBe(seen[0]?.self);
        expect(seen[1]?.args.every((arg, i) => Object.is(arg, args[i]))).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it("keeps name, length, members and constructor", () => {
    const bare = Object.assign(function tool(a: number, b: number) {
      return a + b;
    }, { schema: { type: "object" } });
    const wrapped = tripline.wrapTool("t", bare) as typeof bare;
    expect([wrapped.name, wrapped.length, wrapped.schema]).toEqual(["tool", 2, bare.schema]);
  });

  it("runs a lazy thenable once, when the agent asks for it", async () => {
    let runs = 0;
    // eslint-disable-next-line unicorn/no-thenable -- a thenable is the subject
    const query = { then: (ok: (value: number) => void) => ok(++runs) };
    const wrapped = tripline.wrapTool("query", () => query);
    const returned = wrapped();
    expect(returned).toBe(query);
    expect(runs).toBe(0);
    expect(await returned).toBe(1);
  });

  it("passes on a promise with members of its own as the same object", async () => {
    const promise = Object.assign(Promise.resolve(7), { kill: () => true });
    const returned = tripline.wrapTool("exec", () => promise)();
    expect(returned).toBe(promise);
    expect(await returned).toBe(7);
  });

  it("does not start a promise subclass that is lazy", () => {
    let starts = 0;
    class Lazy extends Promise<number> {
      // eslint-disable-next-line unicorn/no-thenable -- a thenable is the subject
      override then<A, B>(...handlers: Parameters<Promise<number>["then"]>): Promise<A | B> {
        starts++;
        return super.then(...handlers) as Promise<A | B>;
      }
    }
    void tripline.wrapTool("lazy", () => new Lazy((resolve) => resolve(1)))();
    expect(starts).toBe(0);
  });

  it("leaves an unhandled rejection unhandled, and adds none", async () => {
    const seen: unknown[] = [];
    const listeners = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    const listen = (reason: unknown): unknown => seen.push(reason);
    process.on("unhandledRejection", listen);
    const failing = tripline.wrapTool("t", () => Promise.reject(new Error("nobody listens")));
    void failing();
    await failing().catch(() => "handled");
    await new Promise((resolve) => setTimeout(resolve, 20));
    process.off("unhandledRejection", listen);
    for (const listener of listeners) process.on("unhandledRejection", listener);
    expect(seen.map((reason) => (reason as Error).message)).toEqual(["nobody listens"]);
  });
});

describe("hostile values", () => {
  const cyclic: Record<string, unknown> = { name: "loop" };
  cyclic["self"] = cyclic;
  const deep = Array.from({ length: 10_000 }).reduce<unknown>((inner) => [inner], 1);
  const throwing = new Proxy({}, { get: () => { throw new Error("trap"); }, ownKeys: () => { throw new Error("trap"); }, getPrototypeOf: () => { throw new Error("trap"); }, getOwnPropertyDescriptor: () => { throw new Error("trap"); } });
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  const cases: readonly [string, unknown][] = [
    ["a cycle", cyclic],
    ["a getter that throws", { get secret(): string { throw new Error("getter"); } }],
    ["toJSON that throws", { toJSON() { throw new Error("toJSON"); } }],
    ["a Proxy that throws", throwing],
    ["a revoked Proxy", revoked.proxy],
    ["a BigInt", { n: 10n ** 50n }],
    ["a symbol", Symbol("s")],
    ["a deep nest", deep],
    ["a sparse array of 2^32 - 1", Object.assign([], { length: 4_294_967_295 })],
    ["a member named __proto__", JSON.parse('{"__proto__":{"admin":true},"constructor":1}')],
    ["an invalid date", new Date(Number.NaN)],
    ["a lone surrogate", "\ud800 and \udc00"],
    ["an emitter", new EventEmitter()],
    ["an error whose message throws", Object.defineProperty(new Error("x"), "message", { get: () => { throw new Error("getter"); } })],
    ["ten thousand members", Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]))],
  ];
  it.each(cases)("%s as argument, result and error: the tool works and the attempt is reported", async (_name, value) => {
    const before = tripline.stats();
    const echo = tripline.wrapTool("echo", (given: unknown) => ({ given }));
    expect(echo(value).given).toBe(value);
    const fail = tripline.wrapTool("fail", (given: unknown) => { throw given; });
    let thrown: unknown;
    try {
      fail(value);
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toBe(value);
    const after = tripline.stats();
    expect(after.attempts - before.attempts).toBe(2);
    expect(after.results - before.results).toBe(2);
    expect(after.internalErrors).toBe(before.internalErrors);
    expect(await tripline.flush(5_000)).toBe(true);
  });

  it("a hundred megabytes cost little and arrive as a few kilobytes", async () => {
    const huge = "password=hunter2 word ".repeat(4_600_000);
    const echo = tripline.wrapTool("huge", (text: string) => text.length);
    expect(echo("warm up")).toBe(7);
    const startMs = performance.now();
    expect(echo(huge)).toBe(huge.length);
    expect(performance.now() - startMs).toBeLessThan(1_500);
    await tripline.flush(5_000);
    const record = recorder.records().filter((seen) => seen.attributes["gen_ai.tool.name"] === "huge" && seen.event.endsWith("attempt")).at(-1);
    expect(record?.attributes).toMatchObject({ "tripline.arguments.bytes": huge.length, "tripline.arguments.truncated": true });
    expect(String(record?.attributes["gen_ai.tool.call.arguments"]).length).toBe(16_384);
  });

  it("what `describe` throws or invents never reaches the agent", () => {
    const before = tripline.stats();
    const bad: (() => never)[] = [
      () => { throw new Error("describe"); },
      () => 42 as never,
      () => ({ request: { kind: "shell", command: 5 } }) as never,
      () => ({ request: "shell", credentials: "abc", resource: 1 }) as never,
      () => throwing as never,
    ];
    for (const hostile of bad) expect(tripline.wrapTool("t", () => "fine", { describe: hostile })()).toBe("fine");
    const after = tripline.stats();
    expect(after.internalErrors).toBeGreaterThan(before.internalErrors);
    expect(after.attempts - before.attempts).toBe(bad.length);
  });

  it("a logger that throws never reaches the agent", () => {
    const other = createTripline({ endpoint: recorder.endpoint, ingestToken: "t", agent: { name: "a" }, onDiagnostic: () => { throw new Error("logger"); } });
    const tool = other.wrapTool("t", () => "fine", { describe: () => { throw new Error("describe"); } });
    expect(tool()).toBe("fine");
    return other.shutdown(1_000);
  });
});

describe("many instances", () => {
  it("share one listener on the end of the process", async () => {
    const warnings: unknown[] = [];
    process.on("warning", (warning) => warnings.push(warning));
    const instances = Array.from({ length: 20 }, () => createTripline({ endpoint: recorder.endpoint, ingestToken: "t", agent: { name: "a" } }));
    expect(process.listenerCount("beforeExit")).toBeLessThanOrEqual(3);
    await Promise.all(instances.map((instance) => instance.shutdown(100)));
    expect(warnings).toEqual([]);
  });
});
