/** The one question that readers ask: what does this action do? */
import type { Action } from "@tripline/model";
import { PARSER_INPUT_CHARS } from "./bounds.ts";
import { compose, cutOff } from "./compose.ts";
import { classifyGraphql } from "./graphql/graphql.ts";
import { classifyHttp } from "./http/http.ts";
import { classifyShell } from "./shell/shell.ts";
import { classifySql } from "./sql/sql.ts";
import { classifyTool } from "./tool/tool.ts";
import type { Classification, Target } from "./verdict.ts";

export type Classifiable = Pick<Action, "tool" | "request" | "inputs" | "operation" | "resource" | "workingDirectory">;

/**
 * Classifies an action: by its request where the dialect knows it, else by tool name and inputs. A request is what a runtime says of
 * its own call; where whole inputs show something irreversible beside it, that counts as well. Synchronous, deterministic, bounded
 * (PARSER_INPUT_CHARS per parser) and never throws. `prepareClassifiers()` must have resolved, else SQL is `unknown`. A resource that the
 * action names is a target of every verdict that names none.
 */
export function classify(action: Classifiable): Classification {
  const { request, inputs, workingDirectory } = action;
  const judged = request === null ? classifyTool(action) : besideInputs(mayBeCut(request, inputs?.truncated === true) ? cutOff(byRequest(request, workingDirectory)) : byRequest(request, workingDirectory), action);
  return action.resource === null ? judged : withResource(judged, action.resource);
}

/** Adds what the inputs show to be irreversible and the request does not tell of. */
function besideInputs(judged: Classification, action: Classifiable): Classification {
  if (action.inputs === null) return judged;
  const told = new Set(judged.verdicts.map(({ operation }) => operation));
  const untold = classifyTool({ ...action, request: null }).verdicts.filter(({ reversibility, effect, operation }) => reversibility === "irreversible" && effect !== "read" && !told.has(operation));
  return untold.length === 0 ? judged : compose([...judged.verdicts, ...untold], judged.parse);
}

/** A text as long as captures are kept was cut there; so was, perhaps, one taken from inputs that were cut. */
function mayBeCut(request: NonNullable<Action["request"]>, inputsCut: boolean): boolean {
  if (inputsCut) return true;
  switch (request.kind) {
    case "shell":
      return request.command.length >= PARSER_INPUT_CHARS;
    case "sql":
      return request.text.length >= PARSER_INPUT_CHARS;
    case "http":
      return (request.body?.length ?? 0) >= PARSER_INPUT_CHARS;
    case "graphql":
      return request.document.length >= PARSER_INPUT_CHARS || (request.variables?.length ?? 0) >= PARSER_INPUT_CHARS;
  }
}

function byRequest(request: NonNullable<Action["request"]>, directory: string | undefined): Classification {
  switch (request.kind) {
    case "shell":
      return classifyShell(request.command, directory);
    case "sql":
      return classifySql(request.text, request.system);
    case "http":
      // A body cut off at the capture limit no longer shows its operation.
      return classifyHttp({ ...request, bodyUnknown: (request.body?.length ?? 0) >= PARSER_INPUT_CHARS });
    case "graphql":
      return classifyGraphql(request);
  }
}

function withResource(judged: Classification, { kind, id, environment }: Target): Classification {
  const verdicts = judged.verdicts.map((verdict) => (verdict.targets.length === 0 ? { ...verdict, targets: [{ kind, id, environment }] } : verdict));
  return { ...judged, verdicts, worst: verdicts[judged.verdicts.indexOf(judged.worst)] ?? judged.worst };
}
