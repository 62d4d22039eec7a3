/** The gate's own record of each decision on `actions`: redacted, bounded, under the call's id, with the answer and its rule. */
import { sha256Hex } from "@tripline/canonical";
import { randomUUID } from "node:crypto";
import { type Action, type Captured, encode, LIMITS as MODEL, type Request } from "@tripline/model";
import type { Caller, GateCall } from "./call.ts";
import type { GateDecision } from "@tripline/core";

export type KnownSecret = (text: string) => boolean;
/** A text without what is secret in it. */
export type Hide = (text: string) => { readonly text: string };

/** What classification reads: the call as it is. */
export function actionOf(caller: Caller, call: GateCall, nowMs: number, credentials: GateCall["credentials"] = call.credentials): Action {
  return {
    v: 1, id: `gate:${randomUUID()}`, callId: call.callId, tenant: caller.tenant,
    agent: { id: caller.agent, name: null, version: null, role: null, runtime: null },
    assurance: "channel", claimedAgent: null, session: call.session, parentSession: null, task: call.task, phase: "decision", eventMs: nowMs,
    tool: call.tool, operation: call.operation, request: call.request, inputs: call.inputs, outputs: null, provenance: { ...call.provenance }, resource: call.resource,
    credentials: usesOf(caller, call, credentials), environment: call.environment, outcome: null, decision: null, reasoning: null,
    source: { dialect: `gate-${call.door}`, signal: "gate", traceId: null, spanId: null, parentSpanId: null },
  };
}

function usesOf({ leaseId }: Caller, { injected }: GateCall, credentials: GateCall["credentials"]): Action["credentials"] {
  const own = leaseId === null ? [] : [{ fingerprint: null, principal: null, leaseId }];
  const given = injected?.fingerprint == null ? [] : [{ fingerprint: injected.fingerprint, principal: null, leaseId: null }];
  return [...given, ...own, ...credentials].slice(0, MODEL.credentialsPerAction);
}

/** The record as bytes: nothing in it is a secret that anybody could use. */
export function decisionRecord(action: Action, decision: GateDecision, approvalId: string | null, hide: Hide): Uint8Array {
  return record(action, decision, approvalId, hide, {});
}

/** What came of a call that the gate executed itself. */
export function resultRecord(action: Action, decision: GateDecision, approvalId: string | null, hide: Hide, outcome: NonNullable<Action["outcome"]>): Uint8Array {
  return record(action, decision, approvalId, hide, { id: `${action.id}:result`, phase: "result", outcome });
}

function record(action: Action, decision: GateDecision, approvalId: string | null, hide: Hide, over: Partial<Action>): Uint8Array {
  const clean = (text: string, chars: number): string => {
    const end = chars * 2 + CUT_CHARS;
    const { text: redacted } = hide(text.length <= end ? text : text.slice(0, end));
    // The half of a secret that a cut went through is not seen for one.
    return redacted.slice(0, text.length > end ? Math.min(chars, Math.max(0, redacted.length - CUT_CHARS)) : chars);
  };
  const captured = (value: Captured | null): Captured | null => (value === null ? null : { fullBytes: value.fullBytes, ...cutTo(clean(value.text, value.text.length), value.truncated) });
  const orNull = (text: string | null, chars: number): string | null => (text === null ? null : clean(text, chars) || null);
  const { resource } = action;
  return encodeBounded({
    ...action,
    tool: clean(action.tool, MODEL.nameChars),
    operation: orNull(action.operation, MODEL.nameChars),
    task: orNull(action.task, MODEL.idChars),
    resource: resource === null ? null : { ...resource, kind: clean(resource.kind, MODEL.nameChars), id: clean(resource.id, MODEL.idChars) || "-" },
    request: action.request === null ? null : cleanRequest(action.request, clean),
    inputs: captured(action.inputs),
    decision: {
      outcome: decision.kind, by: "gate", reason: clean(decision.reason, MODEL.textChars), rule: decision.by.slice(0, MODEL.textChars),
      ...(approvalId === null ? {} : { approvalId }),
    },
    ...over,
  });
}

/** Longer than a secret is. */
const CUT_CHARS = 4_096;

/** What is beyond a record's size is kept as its digest: whoever reads it takes what is cut off for unknown. */
function encodeBounded(action: Action): Uint8Array {
  try {
    return encode("actions", action);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const { inputs } = action;
    return encode("actions", { ...action, request: null, inputs: inputs === null ? null : { ...inputs, text: inputs.text.slice(0, SHORT_CHARS), truncated: true } });
  }
}

const SHORT_CHARS = 1_024;

function cutTo(text: string, wasTruncated: boolean): Pick<Captured, "text" | "truncated" | "digest"> {
  return { text: text.slice(0, MODEL.captureChars), truncated: wasTruncated || text.length > MODEL.captureChars, digest: sha256Hex(text) };
}

const URL_CHARS = 4_096;

function cleanRequest(request: Request, clean: (text: string, chars: number) => string): Request {
  const long = (text: string): string => clean(text, MODEL.captureChars);
  switch (request.kind) {
    case "shell":
      return { kind: "shell", command: long(request.command) };
    case "sql":
      return { kind: "sql", system: request.system, text: long(request.text) };
    case "http":
      return {
        kind: "http", method: request.method, url: clean(request.url, URL_CHARS), body: request.body === null ? null : long(request.body),
        ...(request.headers === undefined ? {} : { headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, clean(value, MODEL.nameChars)])) }),
      };
    case "graphql":
      return { ...request, url: request.url === null ? null : clean(request.url, URL_CHARS), document: long(request.document), variables: request.variables === null ? null : long(request.variables) };
  }
}
