/** What the decide API takes and answers: one schema for both of its doors and for the OpenAPI document. */
import { LIMITS as MODEL, PROVENANCES } from "@tripline/model";
import { type Static, Type } from "typebox";

/** A request's own texts; longer than what is recorded of them, so that a long command is judged as cut off rather than refused. */
const REQUEST_CHARS = 1_048_576;
const URL_CHARS = 4_096;
const METHOD_CHARS = 32;

const closed = { additionalProperties: false } as const;
const id = (description: string) => Type.String({ minLength: 1, maxLength: MODEL.idChars, description });
const name = (description: string) => Type.String({ maxLength: MODEL.nameChars, description });
const text = (maxLength: number, description: string) => Type.String({ maxLength, description });
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(schema: T) => Type.Union([schema, Type.Null()]);
const oneOf = (words: readonly string[], description: string) => Type.Union(words.map((word) => Type.Literal(word)), { description });

const Request = Type.Union(
  [
    Type.Object({ kind: Type.Literal("shell"), command: text(REQUEST_CHARS, "Command line.") }, closed),
    Type.Object({ kind: Type.Literal("sql"), system: name("`postgresql`, `mysql`, …"), text: text(REQUEST_CHARS, "Statements.") }, closed),
    Type.Object({ kind: Type.Literal("http"), method: text(METHOD_CHARS, "Method."), url: text(URL_CHARS, "Absolute address."), body: orNull(text(REQUEST_CHARS, "Body as text.")) }, closed),
    Type.Object(
      {
        kind: Type.Literal("graphql"), url: orNull(text(URL_CHARS, "Endpoint.")), document: text(REQUEST_CHARS, "Document."), operationName: orNull(name("Operation to carry out.")),
        variables: orNull(text(REQUEST_CHARS, "JSON text of the variables.")),
      },
      closed,
    ),
  ],
  { description: "What will really run, where the runtime knows it. It is judged by the parser of its language." },
);

const Resource = Type.Object(
  { kind: name("`volume`, `table`, …"), id: id("The resource's own id."), environment: orNull(name("What the caller says; the inventory outranks it, and it never makes a call pass.")) },
  { ...closed, description: "What the call touches, where the runtime knows it." },
);

export const DecisionRequest = Type.Object(
  {
    callId: Type.Optional(id("The runtime's own id of the tool call; telemetry of the same call names the same. Made where absent.")),
    session: Type.Optional(orNull(id("Conversation or run."))),
    task: Type.Optional(orNull(id("Task in hand."))),
    tool: Type.String({ minLength: 1, maxLength: MODEL.nameChars, description: "Tool as the agent knows it." }),
    operation: Type.Optional(orNull(name("Operation as the runtime names it."))),
    arguments: Type.Optional(Type.Unknown({ description: "The tool's arguments, any JSON, nested at most 32 deep. What it holds of secrets is taken out before it is kept." })),
    argumentsCut: Type.Optional(Type.Boolean({ description: "Something of the arguments is not in them: the call counts as one that nobody can tell the effect of." })),
    request: Type.Optional(orNull(Request)),
    resource: Type.Optional(orNull(Resource)),
    environment: Type.Optional(orNull(name("Environment that the runtime says it runs in; the agent's registration outranks it."))),
    provenance: Type.Optional(
      Type.Record(Type.String({ maxLength: MODEL.argumentPathChars }), oneOf(PROVENANCES, "Where the value was first seen."), { maxProperties: MODEL.provenanceEntries, description: "Path of an argument to where its value came from." }),
    ),
    approvalId: Type.Optional(orNull(id("An approval that was given for exactly this call; it is used up by the answer `allow`."))),
  },
  { ...closed, description: "One call, before it runs." },
);
export type DecisionRequest = Static<typeof DecisionRequest>;

export const DecisionAnswer = Type.Object(
  {
    decision: oneOf(["allow", "deny", "hold"], "`allow`: run it now. `deny`: do not. `hold`: not before humans have approved it; ask again with `approvalId`."),
    callId: id("The call's id."),
    rule: Type.String({ description: "Stable id of the rule that decided." }),
    reasons: Type.Array(Type.String(), { description: "Why, in sentences." }),
    saferAlternative: orNull(Type.String({ description: "What would do instead, where Tripline knows it." })),
    approval: orNull(
      Type.Object(
        { id: id("Id of the approval that is waited for."), link: orNull(Type.String({ description: "Page for the approvers." })), expiresAtMs: Type.Integer({ description: "Epoch milliseconds." }) },
        { ...closed, description: "With `hold` only." },
      ),
    ),
  },
  { ...closed, description: "What may become of the call." },
);

export const ErrorAnswer = Type.Object(
  { error: Type.Object({ code: Type.String({ description: "Stable code." }), message: Type.String({ description: "What went wrong." }), next: Type.String({ description: "What to do." }) }, closed) },
  { ...closed, description: "No decision was made: nothing but what only reads may run." },
);
