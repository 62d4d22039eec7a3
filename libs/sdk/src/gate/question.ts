/** The question to the gate about one call: what the attempt's record would say, whole where the record is cut. */
import { redact } from "@tripline/canonical";
import { type CallDescription, MAX_ID_CHARS } from "../options.ts";
import type { Snapshot } from "../snapshot.ts";
import { parsed } from "./answer.ts";
import type { Question } from "./gate.ts";

export interface AskedCall {
  readonly tool: string;
  readonly callId: string;
  readonly session: string;
  readonly task: string | undefined;
  readonly taken: Snapshot;
  /** JSON text of the redacted request. */
  readonly request: string | undefined;
  readonly isCut: boolean;
  readonly description: CallDescription | undefined;
  readonly provenance: Readonly<Record<string, string>>;
  readonly onlyReads: boolean;
}

/** Secrets leave this process no more towards the gate than towards the collector. */
export function questionOf({ tool, callId, session, task, taken, request, isCut, description, provenance, onlyReads }: AskedCall): Question {
  const { text } = redact(taken.text);
  const { resource } = description ?? {};
  const id = (value: string): string => value.slice(0, MAX_ID_CHARS);
  return {
    tool, callId, onlyReads,
    body: {
      tool: id(tool), callId, provenance,
      ...(session === "" ? {} : { session: id(session) }),
      ...(task === undefined || task === "" ? {} : { task: id(task) }),
      // Redacted JSON is JSON still, nearly always; what is not is told as text.
      arguments: typeof taken.plain === "string" ? text : (parsed(text) ?? text),
      // What the gate cannot see may be the worst of it.
      ...(taken.cut || taken.opaque || isCut ? { argumentsCut: true } : {}),
      ...(request === undefined ? {} : { request: parsed(request) }),
      ...(resource === undefined ? {} : { resource: { kind: id(resource.kind), id: id(resource.id), environment: resource.environment === undefined ? null : id(resource.environment) } }),
    },
  };
}
