import type { Finding } from "@tripline/model";
import type { RatesView, StreamName } from "../baseline/rate/agent-rates.ts";
import { hashEnd, hashLanes, hashOn, hashStart, mixed } from "../baseline/sketch.ts";
import type { BaselineView } from "../baseline/view.ts";
import type { Detector, DetectorContext, Observed } from "./detector.ts";
import { agentName, feature, isSideEffect, makeFinding } from "./evidence.ts";

/** Keeps whole calls apart from other hashed names. */
const CALL_SEED = 5;
/** Of longer texts the ends and the length are compared: what is judged per call stays small. */
const COMPARED_CHARS = 512;

/** Reads off an action what the rates count. */
export function readCallSigns({ action, classification }: Observed, { signs }: RatesView): void {
  const text = action.request === null ? (action.inputs?.text ?? "") : requestText(action.request);
  // A result that shows no arguments is no call that could be told from others of the tool.
  signs.callHash = text === "" ? 0 : callHash(action.tool, text, action.inputs?.fullBytes ?? 0);
  signs.sideEffect = classification.verdicts.some(isSideEffect);
  signs.failed = action.outcome?.status === "error";
  signs.bytes = (action.inputs?.fullBytes ?? 0) + (action.outputs?.fullBytes ?? 0);
}

function requestText(request: NonNullable<Observed["action"]["request"]>): string {
  switch (request.kind) {
    case "shell":
      return request.command;
    case "sql":
      return request.text;
    case "http":
      return `${request.method} ${request.url} ${request.body ?? ""}`;
    case "graphql":
      return `${request.document} ${request.variables ?? ""}`;
  }
}

function callHash(tool: string, text: string, fullBytes: number): number {
  const named = hashOn(hashStart(CALL_SEED), tool, 0, tool.length);
  const begun = mixed(mixed(mixed(named, tool.length), text.length), fullBytes);
  if (text.length <= COMPARED_CHARS) return hashEnd(hashLanes(begun, text, 0, text.length));
  return hashEnd(hashLanes(hashLanes(begun, text, 0, COMPARED_CHARS / 2), text, text.length - COMPARED_CHARS / 2, text.length));
}

/** Soft, for alerts alone: the same call over and over, more often than this agent ever repeats one. */
export const runaway: Detector<BaselineView> = {
  name: "runaway",
  inspect(observed: Observed, { rates }: BaselineView, context: DetectorContext): Finding[] {
    const { bits, repeats, failed, usual } = rates.loop;
    if (bits <= 0) return [];
    const errors = failed > 0 ? `, ${failed} of them failing` : "";
    const summary = `${agentName(observed)} usually repeats a call ${usual.toFixed(1)} times, but made the same ${observed.action.tool} call, or the same two or three in turns, ${repeats} times again${errors}.`;
    const features = [feature("repeats of a call", bits, usual.toFixed(1), String(repeats))];
    return [makeFinding({ detector: this.name, weight: "soft", rule: "runaway.same-call", bits, summary, features, risk: null }, observed, context)];
  },
};

const COUNTED: Record<StreamName, string> = { calls: "calls", "side-effects": "calls with side effects", size: "bytes in one call" };

/** Soft, for alerts alone: far more within a quarter of an hour, or over the last three hours of work, than this agent's own past explains. */
export const unusualRate: Detector<BaselineView> = {
  name: "unusual-rate",
  inspect(observed: Observed, { rates }: BaselineView, context: DetectorContext): Finding[] {
    const { bits, stream, deviation } = rates;
    if (bits <= 0) return [];
    const span = deviation === "level" || deviation === "rhythm" ? "within 15 minutes" : "per 15 minutes over its last three hours of work";
    const when = deviation === "level" || deviation === "short-mean" ? "" : " at this time of day";
    const [expected, found] = [amount(rates.expected), amount(rates.observed)];
    const summary = `${agentName(observed)} usually has about ${expected} ${COUNTED[stream]} ${span}${when}, but had ${found}.`;
    const features = [feature(`${COUNTED[stream]} ${span}`, bits, `about ${expected}`, found)];
    return [makeFinding({ detector: this.name, weight: "soft", rule: `rate.${stream}`, bits, summary, features, risk: null }, observed, context)];
  },
};

function amount(value: number): string {
  return value < 9.95 ? value.toFixed(1) : String(Math.round(value));
}
