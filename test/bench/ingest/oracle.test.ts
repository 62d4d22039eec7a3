/** The lazy reader against an independent implementation of the wire format. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Type } from "protobufjs";
import { READ_LIMITS, finish, readOtlp, type Signal } from "@tripline/semconv";
import { logMessages, traceMessages } from "./messages.ts";
import { plainItems, plainView } from "./oracle.ts";
import { logsRequest, traceRequest, type ProtoRequest } from "./otlp-schema.ts";

const CASES = [
  { signal: "trace" as Signal, type: traceRequest, messages: traceMessages },
  { signal: "log" as Signal, type: logsRequest, messages: logMessages },
];

function encoded(type: Type, message: object): Uint8Array {
  return type.encode(type.fromObject(message)).finish();
}

for (const { signal, type, messages } of CASES) {
  describe(`reading ${signal} requests`, () => {
    it("sees in any protobuf message what protobufjs sees", () => {
      fc.assert(
        fc.property(messages, (message) => {
          const bytes = encoded(type, message);
          const result = finish(readOtlp(signal, "protobuf", bytes));
          if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
          expect(result.items.map((item) => plainView(item))).toEqual(plainItems(type.decode(bytes) as unknown as ProtoRequest));
        }),
        { numRuns: 600 },
      );
    });

    it("sees in the JSON form of a message what it sees in the protobuf form", () => {
      fc.assert(
        fc.property(messages, (message) => {
          const bytes = encoded(type, message);
          const binary = finish(readOtlp(signal, "protobuf", bytes));
          const json = finish(readOtlp(signal, "json", Buffer.from(JSON.stringify(jsonForm(type, bytes)))));
          if (!binary.ok || !json.ok) throw new Error("refused");
          expect(json.items.map((item) => plainView(item))).toEqual(binary.items.map((item) => plainView(item)));
          expect(json.items.map((item) => item.problem)).toEqual(binary.items.map((item) => item.problem));
        }),
        { numRuns: 300 },
      );
    });

    it("answers arbitrary and cut-off bytes with items or a reason, never with an exception", () => {
      const cut = fc.tuple(messages, fc.double({ min: 0, max: 1, noNaN: true })).map(([message, share]) => {
        const bytes = encoded(type, message);
        return bytes.slice(0, Math.floor(bytes.length * share));
      });
      const flipped = fc.tuple(messages, fc.nat(), fc.nat(255)).map(([message, at, value]) => {
        const bytes = encoded(type, message);
        if (bytes.length > 0) bytes[at % bytes.length] = value;
        return bytes;
      });
      fc.assert(
        fc.property(fc.oneof(cut, flipped, fc.uint8Array({ maxLength: 400 })), fc.constantFrom("protobuf" as const, "json" as const), (bytes, encoding) => {
          const result = finish(readOtlp(signal, encoding, bytes));
          if (result.ok) for (const item of result.items) plainView(item);
          else expect(["malformed", "too-deep", "too-many"]).toContain(result.reason);
        }),
        { numRuns: 2_000 },
      );
    });

    it("accepts nothing that protobufjs finds malformed", () => {
      const cut = fc.tuple(messages, fc.double({ min: 0, max: 1, noNaN: true })).map(([message, share]) => {
        const bytes = encoded(type, message);
        return bytes.slice(0, Math.floor(bytes.length * share));
      });
      fc.assert(
        fc.property(cut, (bytes) => {
          let accepted = true;
          try {
            type.decode(bytes);
          } catch {
            accepted = false;
          }
          if (accepted) return;
          expect(finish(readOtlp(signal, "protobuf", bytes)).ok).toBe(false);
        }),
        { numRuns: 1_000 },
      );
    });
  });
}

describe("reading at the bounds", () => {
  const nested = (depth: number): object => (depth <= 1 ? { stringValue: "x" } : { arrayValue: { values: [nested(depth - 1)] } });
  const withValue = (value: object) => ({ resourceSpans: [{ scopeSpans: [{ spans: [{ attributes: [{ key: "not.needed", value }] }] }] }] });
  const withSpans = (spans: object[]) => ({ resourceSpans: [{ scopeSpans: [{ spans }] }] });
  const read = (message: object, encoding: "protobuf" | "json") => {
    const bytes = encoded(traceRequest, message);
    return finish(readOtlp("trace", encoding, encoding === "protobuf" ? bytes : Buffer.from(JSON.stringify(jsonForm(traceRequest, bytes)))));
  };

  for (const encoding of ["protobuf", "json"] as const) {
    it(`takes values nested ${READ_LIMITS.depth} deep in ${encoding} and refuses one more`, () => {
      expect(read(withValue(nested(READ_LIMITS.depth)), encoding).ok).toBe(true);
      expect(read(withValue(nested(READ_LIMITS.depth + 1)), encoding)).toMatchObject({ ok: false, reason: "too-deep" });
    });

    it(`takes ${READ_LIMITS.items} items in ${encoding} and refuses one more`, () => {
      const spans = Array.from({ length: READ_LIMITS.items }, () => ({ kind: 1 }));
      expect(read(withSpans(spans), encoding).ok).toBe(true);
      expect(read(withSpans([...spans, { kind: 1 }]), encoding)).toMatchObject({ ok: false, reason: "too-many" });
    });

    it(`takes ${READ_LIMITS.attributes} attributes in ${encoding} and sets an item with one more aside`, () => {
      const span = (count: number) => ({
        traceId: new Uint8Array(16).fill(1),
        spanId: new Uint8Array(8).fill(1),
        attributes: Array.from({ length: count }, (_, i) => ({ key: `k${i}`, value: { stringValue: "v" } })),
      });
      const result = read(withSpans([span(READ_LIMITS.attributes), span(READ_LIMITS.attributes + 1)]), encoding);
      expect(result.ok && result.items.map((item) => item.problem)).toEqual([null, "too-many-attributes"]);
    });
  }
});

/** OTLP/JSON as the specification has it: hex ids, 64-bit numbers as text, unset members left out. */
function jsonForm(type: Type, bytes: Uint8Array): unknown {
  const plain = type.toObject(type.decode(bytes), { longs: String, bytes: Array, json: false });
  return otlpJson(plain);
}

const ID_NAMES: ReadonlySet<string> = new Set(["traceId", "spanId", "parentSpanId"]);

function otlpJson(value: unknown, name = ""): unknown {
  if (name === "bytesValue") return Buffer.from(value as number[]).toString("base64");
  if (ID_NAMES.has(name)) return Buffer.from(value as number[]).toString("hex");
  if (Array.isArray(value)) return value.map((one) => otlpJson(one));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, otlpJson(one, key)]));
}
