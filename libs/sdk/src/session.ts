/** One session of an agent: turns calls into records. */
import { ProvenanceTracker, redact } from "@tripline/canonical";
import { randomBytes, randomUUID } from "node:crypto";
import { ATTRIBUTES, EVENTS } from "./attributes.ts";
import type { Phase } from "./delivery/queue.ts";
import type { CallDescription, SessionOptions, TriplineOptions } from "./options.ts";
import { addCapture, addCredentials, addDescription, addReasoning, Attributes, recordText, spanIds, type Call, type Found } from "./record.ts";
import type { Question } from "./gate/gate.ts";
import { questionOf } from "./gate/question.ts";
import { errorText, errorType, snapshot } from "./snapshot.ts";

/** What a session needs of its instance. */
export interface Outlet {
  readonly agent: TriplineOptions["agent"];
  /** Next number of the instance's records. */
  next(): number;
  add(phase: Phase, record: string): void;
  /** Runs `work`; what it throws is counted and goes no further. */
  guard<T>(work: () => T, otherwise: T): T;
  describeFailed(error: unknown): void;
}

/** A call whose attempt was reported. Exactly one of the methods is called, once; later calls are ignored. */
export interface ReportedCall {
  readonly callId: string;
  succeeded(value: unknown): void;
  failed(error: unknown): void;
  /** The runtime or a human did not let the tool run. */
  refused(reason: string): void;
  /** The tool returned, but what came of it cannot be observed. */
  unknown(): void;
}

/** A call before anybody has decided on it. */
export interface Asking {
  readonly question: Question;
  /** Whether these are still the arguments that were asked about: the runtime may have changed them meanwhile. */
  isUnchanged(args: unknown): boolean;
  /** The gate has recorded the call: its result alone is reported. */
  decided(): ReportedCall;
  /** Nobody has: attempt and result are reported. */
  undecided(): ReportedCall;
}

type Status = "ok" | "error" | "refused" | "unknown";

export class SessionReporter {
  readonly #outlet: Outlet;
  readonly #options: SessionOptions;
  readonly #provenance = new ProvenanceTracker(randomBytes(16));
  readonly #task: string | undefined;

  constructor(outlet: Outlet, options: SessionOptions) {
    this.#outlet = outlet;
    this.#options = options;
    this.#task = options.task === undefined ? undefined : redact(options.task.slice(0, 4_096)).text;
    if (options.task !== undefined) this.sawTask(options.task);
  }

  sawTask(text: string): void {
    this.#outlet.guard(() => this.#provenance.sawTask(text), undefined);
  }

  sawToolOutput(text: string): void {
    this.#outlet.guard(() => this.#provenance.sawToolOutput(text), undefined);
  }

  /** Reports the attempt before it returns. `describe` is the tool author's and may throw. */
  attempt(tool: string, args: unknown, describe: () => CallDescription | undefined): ReportedCall {
    return this.#outlet.guard(() => this.#attempt(tool, args, describe), UNREPORTED);
  }

  /** The same for a call that the gate is asked about first: its record stands in place of the attempt, so none is sent. @throws what goes wrong: nobody decides then */
  asking(tool: string, args: unknown, describe: () => CallDescription | undefined, onlyReads: boolean): Asking {
    const described = describe();
    const description = described === undefined ? undefined : { ...described, callId: isId(described.callId) ? described.callId : randomUUID() };
    const { call, own, taken, found, request } = this.#begin(tool, args, description, (work) => work());
    const question = questionOf({ tool, callId: call.callId, session: this.#options.id, task: this.#task, taken, request, isCut: found.requestCut, description, provenance: this.#provenance.provenanceOf(taken.plain), onlyReads });
    return {
      question,
      isUnchanged: (now) => snapshot(now).text === taken.text,
      decided: () => this.#reported(call),
      undecided: () => {
        this.#outlet.guard(() => this.#send(call, "attempt", own), undefined);
        return this.#reported(call);
      },
    };
  }

  #attempt(tool: string, args: unknown, describe: () => CallDescription | undefined): ReportedCall {
    const { call, own } = this.#begin(tool, args, this.#describe(describe), (work) => this.#outlet.guard(work, undefined));
    this.#send(call, "attempt", own);
    return this.#reported(call);
  }

  #begin(tool: string, args: unknown, description: CallDescription | undefined, guarded: (work: () => string | undefined) => string | undefined) {
    const call: Call = { callId: idOf(description), ...spanIds(), shared: new Attributes() };
    const own = new Attributes();
    const found: Found = { secrets: new Set(), requestCut: false, principal: undefined };
    this.#addIdentity(call, tool);
    const taken = addCapture(own, "arguments", args, found);
    const request = description === undefined ? undefined : guarded(() => addDescription(call.shared, description, found));
    addCredentials(call.shared, description, found);
    addReasoning(own, description);
    own.text(ATTRIBUTES.provenance, JSON.stringify(this.#provenance.provenanceOf(taken.plain)), MAX_PROVENANCE_CHARS);
    return { call, own, taken, found, request };
  }

  #describe(describe: () => CallDescription | undefined): CallDescription | undefined {
    try {
      const description = describe();
      // A copy: what its getters or traps throw is thrown here and nowhere else.
      return typeof description === "object" && description !== null ? { ...description } : undefined;
    } catch (error) {
      this.#outlet.describeFailed(error);
      return undefined;
    }
  }

  #addIdentity(call: Call, tool: string): void {
    const { agent } = this.#outlet;
    call.shared.text(ATTRIBUTES.toolName, tool);
    call.shared.text(ATTRIBUTES.toolCallId, call.callId);
    call.shared.text(ATTRIBUTES.conversationId, this.#options.id);
    call.shared.text(ATTRIBUTES.agentName, agent.name);
    call.shared.text(ATTRIBUTES.agentVersion, agent.version);
    call.shared.text(ATTRIBUTES.agentRole, agent.role);
    call.shared.text(ATTRIBUTES.agentRuntime, agent.runtime);
    call.shared.text(ATTRIBUTES.task, this.#task);
    call.shared.text(ATTRIBUTES.sessionParent, this.#options.parent);
  }

  #reported(call: Call): ReportedCall {
    let isSettled = false;
    const settle = (status: Status, value: unknown, failure?: unknown): void => {
      if (isSettled) return;
      isSettled = true;
      this.#outlet.guard(() => this.#result(call, status, value, failure), undefined);
    };
    return {
      callId: call.callId,
      succeeded: (value) => settle("ok", value),
      failed: (error) => settle("error", undefined, error),
      refused: (reason) => settle("refused", reason),
      unknown: () => settle("unknown", undefined),
    };
  }

  #result(call: Call, status: Status, value: unknown, failure: unknown): void {
    const own = new Attributes();
    if (value !== undefined || status === "error") {
      const taken = addCapture(own, "result", status === "error" ? errorText(failure) : value);
      this.#provenance.sawToolOutput(taken.text);
    }
    own.text(ATTRIBUTES.outcomeStatus, status);
    if (status === "error") own.text(ATTRIBUTES.errorType, errorType(failure));
    this.#send(call, "result", own);
  }

  #send(call: Call, phase: Phase, own: Attributes): void {
    own.int(ATTRIBUTES.sequence, this.#outlet.next());
    this.#outlet.add(phase, recordText(call, EVENTS[phase], Date.now(), own));
  }
}

/** 64 entries of 256-character paths and what JSON adds. */
const MAX_PROVENANCE_CHARS = 24_576;

/** As the gate takes it; any other is replaced, in telemetry too. */
const isId = (callId: unknown): callId is string => typeof callId === "string" && /^[A-Za-z0-9][A-Za-z0-9._:@+-]{0,255}$/.test(callId);

const idOf = (description: CallDescription | undefined): string =>
  typeof description?.callId === "string" && description.callId !== "" ? description.callId : randomUUID();

const UNREPORTED: ReportedCall = { callId: "", succeeded() {}, failed() {}, refused() {}, unknown() {} };
