import { Type } from "typebox";
import { describe, expect, it } from "vitest";
import { checkConfig, parseYaml, MAX_CONFIG_CHARS } from "./config.ts";

const Schema = Type.Object(
  {
    listen: Type.Object({ port: Type.Integer({ default: 4318 }) }, { default: {} }),
    sinks: Type.Array(
      Type.Union([
        Type.Object({ kind: Type.Literal("webhook"), url: Type.String() }),
        Type.Object({ kind: Type.Literal("file"), path: Type.String() }),
      ]),
      { default: [] },
    ),
    named: Type.Record(Type.String(), Type.Object({ size: Type.Integer() }), { default: {} }),
  },
  { additionalProperties: false },
);

describe("configuration", () => {
  it("fills defaults from an empty text", () => {
    expect(checkConfig(Schema, parseYaml(""))).toEqual({ listen: { port: 4318 }, sinks: [], named: {} });
  });

  it("names the nearest valid key for an unknown one, at any depth", () => {
    expect(() => checkConfig(Schema, parseYaml("lisen: {}"))).toThrow(/"\/lisen" is not a key.*"listen"/);
    expect(() => checkConfig(Schema, parseYaml("listen: {prot: 1}"))).toThrow(/"\/listen\/prot".*"port"/);
    expect(() => checkConfig(Schema, parseYaml("sinks: [{kind: webhook, ulr: x}]"))).toThrow(/"\/sinks\/0\/ulr".*"url"/);
    expect(() => checkConfig(Schema, parseYaml("named: {a: {siez: 1}}"))).toThrow(/"\/named\/a\/siez".*"size"/);
  });

  it("takes a value without a kind for the variant whose kind is a default", () => {
    const Log = Type.Object({
      log: Type.Union([
        Type.Object({ kind: Type.Literal("embedded", { default: "embedded" }), partitions: Type.Integer({ default: 48 }) }),
        Type.Object({ kind: Type.Literal("kafka"), brokers: Type.Array(Type.String()) }),
      ], { default: {} }),
    });
    expect(checkConfig(Log, parseYaml(""))).toEqual({ log: { kind: "embedded", partitions: 48 } });
    expect(checkConfig(Log, parseYaml("log: {partitions: 8}"))).toEqual({ log: { kind: "embedded", partitions: 8 } });
    expect(() => checkConfig(Log, parseYaml("log: {kind: kafak}"))).toThrow(/\/log\/kind: it must be one of embedded, kafka/);
    expect(() => checkConfig(Log, parseYaml("log: {kind: kafka, broker: [a]}"))).toThrow(/"\/log\/broker".*"brokers"/);
  });

  it("fills the defaults of the variant that a kind names, and lists the kinds for an unknown one", () => {
    const Sink = Type.Union([
      Type.Object({ kind: Type.Literal("a"), size: Type.Integer({ default: 3 }) }),
      Type.Object({ kind: Type.Literal("b"), name: Type.String(), left: Type.Optional(Type.String()) }),
    ]);
    const Sinks = Type.Object({ sinks: Type.Record(Type.String(), Sink) });
    expect(checkConfig(Sinks, parseYaml("sinks: {x: {kind: a}, y: {kind: b, name: n}}"))).toEqual({ sinks: { x: { kind: "a", size: 3 }, y: { kind: "b", name: "n" } } });
    expect(() => checkConfig(Sinks, parseYaml("sinks: {x: {kind: c}}"))).toThrow(/\/sinks\/x\/kind: it must be one of a, b/);
    expect(() => checkConfig(Sinks, parseYaml("sinks: {y: {kind: b}}"))).toThrow(/\/sinks\/y\/name: it is required/);
  });

  it("names the place of a wrong value without repeating the value", () => {
    const secret = "do-not-repeat-me";
    expect(() => checkConfig(Schema, parseYaml(`listen: {port: ${secret}}`))).toThrow(/\/listen\/port/);
    expect(() => checkConfig(Schema, parseYaml(`listen: {port: ${secret}}`))).not.toThrow(new RegExp(secret));
  });

  it("refuses broken YAML, alias bombs and oversize texts with a code", () => {
    expect(() => checkConfig(Schema, parseYaml("a: [1"))).toThrow(/TL_CONFIG_INVALID/);
    const bomb = "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]";
    expect(() => checkConfig(Schema, parseYaml(bomb))).toThrow(/TL_CONFIG/);
    expect(() => parseYaml("#".repeat(MAX_CONFIG_CHARS + 1))).toThrow(/TL_CONFIG_INVALID/);
  });
});
