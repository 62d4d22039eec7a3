/** One OTLP log record per phase, as JSON text. */
import { context, trace } from "@opentelemetry/api";
import { capture, cut, isHashable, redact, sha256Hex } from "@tripline/canonical";
import { randomBytes } from "node:crypto";
import { ATTRIBUTES } from "./attributes.ts";
import { MAX_ID_CHARS, type CallDescription, type ToolRequest } from "./options.ts";
import { snapshot, type Snapshot } from "./snapshot.ts";

const MAX_CREDENTIALS = 8;
const MAX_REASONING_CHARS = 1_024;
const MAX_URL_CHARS = 4_096;
const MAX_TEXT_CHARS = 16_384;

type Value = { stringValue: string } | { intValue: string } | { boolValue: boolean } | { arrayValue: { values: { stringValue: string }[] } };

/** The attributes of one record in the making; absent values leave no attribute. */
export class Attributes {
  readonly list: { key: string; value: Value }[] = [];

  text(key: string, value: string | undefined, limitChars = MAX_ID_CHARS): void {
    if (typeof value === "string" && value !== "") this.list.push({ key, value: { stringValue: cut(value, limitChars) } });
  }
  int(key: string, value: number): void {
    this.list.push({ key, value: { intValue: String(value) } });
  }
  flag(key: string, value: boolean): void {
    this.list.push({ key, value: { boolValue: value } });
  }
  texts(key: string, values: readonly string[]): void {
    if (values.length > 0) this.list.push({ key, value: { arrayValue: { values: values.map((stringValue) => ({ stringValue })) } } });
  }
}

/** A call in the making: what both of its records say. */
export interface Call {
  readonly callId: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly shared: Attributes;
}

/** Trace and span of the active OpenTelemetry span, else random ones. */
export function spanIds(): { traceId: string; spanId: string } {
  const active = trace.getSpanContext(context.active());
  if (active !== undefined && /^[0-9a-f]{32}$/.test(active.traceId) && /^[0-9a-f]{16}$/.test(active.spanId)) return active;
  const random = randomBytes(24).toString("hex");
  return { traceId: random.slice(0, 32), spanId: random.slice(32) };
}

export function recordText(call: Call, eventName: string, timeMs: number, own: Attributes): string {
  return JSON.stringify({
    timeUnixNano: `${timeMs}000000`,
    observedTimeUnixNano: `${timeMs}000000`,
    severityNumber: 9,
    eventName,
    traceId: call.traceId,
    spanId: call.spanId,
    attributes: [...call.shared.list, ...own.list],
  });
}

const CAPTURES = {
  arguments: [ATTRIBUTES.arguments, ATTRIBUTES.argumentsDigest, ATTRIBUTES.argumentsBytes, ATTRIBUTES.argumentsTruncated],
  result: [ATTRIBUTES.result, ATTRIBUTES.resultDigest, ATTRIBUTES.resultBytes, ATTRIBUTES.resultTruncated],
} as const;

/** What the texts of one call gave away. */
export interface Found {
  readonly secrets: Set<string>;
  /** Whether the request was longer than what is sent of it. */
  requestCut: boolean;
  principal: string | undefined;
}

/** Adds the captured value; returns its snapshot. Secrets found in arguments go to `found`. */
export function addCapture(attributes: Attributes, which: keyof typeof CAPTURES, value: unknown, found?: Found): Snapshot {
  const [text, digest, bytes, truncated] = CAPTURES[which];
  const taken = snapshot(value);
  const redaction = redact(taken.text);
  if (found !== undefined) {
    for (const secret of redaction.secrets) found.secrets.add(secret.sha256);
    found.principal ??= redaction.principals[0];
  }
  const captured = capture(taken.text, redaction, MAX_TEXT_CHARS);
  attributes.text(text, captured.text, MAX_TEXT_CHARS);
  attributes.text(digest, captured.digest);
  attributes.int(bytes, taken.bytes);
  attributes.flag(truncated, captured.truncated || taken.cut);
  return taken;
}

/** Adds what the tool's author said about the call; answers the redacted request as JSON text. */
export function addDescription(attributes: Attributes, description: CallDescription, found: Found): string | undefined {
  for (const secret of description.credentials ?? []) if (typeof secret === "string" && isHashable(secret)) found.secrets.add(sha256Hex(secret));
  const request = description.request === undefined ? undefined : redactRequest(description.request, found);
  attributes.text(ATTRIBUTES.request, request, MAX_TEXT_CHARS * 4);
  if (found.requestCut) attributes.flag(ATTRIBUTES.requestTruncated, true);
  attributes.text(ATTRIBUTES.resourceKind, description.resource?.kind);
  attributes.text(ATTRIBUTES.resourceId, description.resource?.id);
  attributes.text(ATTRIBUTES.resourceEnvironment, description.resource?.environment);
  attributes.text(ATTRIBUTES.leaseId, description.leaseId);
  return request;
}

/** Adds the credentials that arguments, request and description named together. */
export function addCredentials(attributes: Attributes, description: CallDescription | undefined, found: Found): void {
  attributes.texts(ATTRIBUTES.credentialSha256, [...found.secrets].slice(0, MAX_CREDENTIALS));
  attributes.text(ATTRIBUTES.credentialPrincipal, description?.principal ?? found.principal);
}

/** The excerpt of the agent's reasoning, redacted. */
export function addReasoning(attributes: Attributes, description: CallDescription | undefined): void {
  if (typeof description?.reasoning !== "string") return;
  attributes.text(ATTRIBUTES.reasoning, redact(description.reasoning.slice(0, MAX_TEXT_CHARS)).text, MAX_REASONING_CHARS);
}

/** JSON text of the request with each member redacted by itself, so that its structure stays readable. */
function redactRequest(request: ToolRequest, found: Found): string {
  const clean = (text: string, limitChars = MAX_TEXT_CHARS): string => {
    if (text.length > limitChars) found.requestCut = true;
    const redaction = redact(text.slice(0, limitChars));
    for (const secret of redaction.secrets) found.secrets.add(secret.sha256);
    found.principal ??= redaction.principals[0];
    return cut(redaction.text, limitChars);
  };
  const optional = (text: string | null | undefined, limitChars?: number): string | null => (text === null || text === undefined ? null : clean(text, limitChars));
  switch (request.kind) {
    case "shell":
      return JSON.stringify({ kind: "shell", command: clean(request.command) });
    case "sql":
      return JSON.stringify({ kind: "sql", system: clean(request.system, MAX_ID_CHARS), text: clean(request.text) });
    case "http":
      return JSON.stringify({ kind: "http", method: clean(request.method, 32), url: clean(request.url, MAX_URL_CHARS), body: optional(request.body) });
    case "graphql":
      return JSON.stringify({
        kind: "graphql",
        url: optional(request.url, MAX_URL_CHARS),
        document: clean(request.document),
        operationName: optional(request.operationName, MAX_ID_CHARS),
        variables: optional(request.variables),
      });
  }
}
