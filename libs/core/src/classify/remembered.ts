/**
 * Classifications of texts seen lately. Attempt and result of a call carry the same text, detector and breaker read the same
 * record, and agents repeat themselves: parsing is the dearest part of judging. Pure: the same call is always judged the same.
 */
import type { Action } from "@tripline/model";
import { type Classifiable, classify } from "./classify.ts";
import { classifiersPrepared } from "./sql/prepare.ts";
import { toolNamed } from "./tool/names.ts";
import type { Classification } from "./verdict.ts";

/** Classifications of each of two generations; the older one is dropped whole when the younger is full. */
export const REMEMBERED_CALLS = 8_192;
/** Longer texts are parsed anew. */
export const REMEMBERED_CHARS = 2_048;
/** Characters of one generation: of long texts fewer are remembered, so that the memory is bounded by both. */
const GENERATION_CHARS = 8_000_000;

let younger = new Map<string, Classification>();
let youngerChars = 0;
let older = new Map<string, Classification>();

/**
 * Same answer as `classify`. Nothing is remembered before the classifiers are prepared: SQL is unknown until then. Nor is what a tool's
 * name alone decides, which is made anew faster than it is looked up and kept.
 */
export function classifyRemembered(action: Classifiable): Classification {
  const isKnownTool = action.request === null && toolNamed(action.tool).kind !== null;
  const key = classifiersPrepared() && !isKnownTool ? keyOf(action) : null;
  if (key === null) return classify(action);
  const known = younger.get(key);
  if (known !== undefined) return known;
  const before = older.get(key);
  const judged = before ?? classify(action);
  if (before === undefined && judged.worst.rule.startsWith("tool.")) return judged;
  if (younger.size >= REMEMBERED_CALLS || youngerChars >= GENERATION_CHARS) {
    older = younger;
    younger = new Map();
    youngerChars = 0;
  }
  younger.set(key, judged);
  youngerChars += key.length;
  return judged;
}

/** Number of classifications held; at most twice `REMEMBERED_CALLS`. */
export function rememberedCalls(): number {
  return younger.size + older.size;
}

/** Everything that `classify` looks at; null where that is too long. Lengths keep one text from running into the next. */
function keyOf({ tool, request, inputs, operation, resource, workingDirectory = "" }: Classifiable): string | null {
  const requested = requestText(request) ?? "";
  const text = requested + workingDirectory + (inputs?.text ?? "");
  if (text.length > REMEMBERED_CHARS) return null;
  const of = resource === null ? "" : JSON.stringify([resource.kind, resource.id, resource.environment]);
  return `${tool.length},${requested.length},${workingDirectory.length},${text.length},${operation?.length ?? "-"},${request?.kind ?? "-"},${inputs?.truncated ?? "-"},${tool}${text}${operation ?? ""}${of}`;
}

function requestText(request: Action["request"]): string | null {
  if (request === null) return null;
  return request.kind === "shell" ? request.command : JSON.stringify(request);
}
