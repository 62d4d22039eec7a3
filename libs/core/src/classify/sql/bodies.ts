/** Code in strings that a PostgreSQL text runs: DO blocks, functions that it defines and calls, SQL handed to functions that execute it. */
import { isNode, listAt, type Node, nodeAt, textAt } from "./tree.ts";

const MAX_BODIES = 32;
/** Functions that execute SQL given as text: dblink, xml export, job schedulers, and wrappers that people name so. */
const EXECUTES = /^(dblink\w*|query_to_xml\w*|cursor_to_xml|schedule|schedule_in_database|run_command_on_\w+|exec_sql|execute_sql|run_sql|exec|execute|eval)$/;

/** Without any of these words in it, a text has no such code: most trees need no second walk. */
const MAY_HOLD_CODE = /\bdo\b|\bfunction\b|\bprocedure\b|dblink|_to_xml|schedule|run_|exec|\beval\b/i;

/** The texts that run when `statements` (members of `stmts`, parsed from `script`) do. */
export function runningBodies(statements: readonly Node[], script: string): string[] {
  if (!MAY_HOLD_CODE.test(script)) return [];
  const defined = new Map<string, string>();
  const found: string[] = [];
  for (const statement of statements) {
    const definition = nodeAt(statement, "CreateFunctionStmt");
    if (definition !== null) defined.set(lastName(listAt(definition, "funcname")), optionText(definition, "options", "as"));
  }
  const stack: unknown[] = statements.filter((statement) => nodeAt(statement, "CreateFunctionStmt") === null);
  while (stack.length > 0 && found.length < MAX_BODIES) {
    const value = stack.pop();
    if (Array.isArray(value)) stack.push(...(value as unknown[]));
    else if (isNode(value)) {
      const block = nodeAt(value, "DoStmt");
      if (block !== null) found.push(optionText(block, "args", "as"));
      const call = nodeAt(value, "FuncCall") ?? nodeAt(nodeAt(value, "CallStmt") ?? {}, "funccall");
      if (call !== null) found.push(...calledBodies(call, defined));
      stack.push(...Object.values(value));
    }
  }
  return found.filter((text) => text !== "");
}

function calledBodies(call: Node, defined: ReadonlyMap<string, string>): string[] {
  const name = lastName(listAt(call, "funcname"));
  const body = defined.get(name);
  if (body !== undefined) return [body];
  if (!EXECUTES.test(name)) return [];
  return listAt(call, "args").flatMap((arg) => (isNode(arg) ? textAt(nodeAt(nodeAt(arg, "A_Const") ?? {}, "sval") ?? {}, "sval") : []));
}

function lastName(parts: readonly unknown[]): string {
  const last = parts.at(-1);
  return textAt(nodeAt(isNode(last) ? last : {}, "String") ?? {}, "sval").toLowerCase();
}

/** The text of option `name` in the list `key`, its pieces put together. */
function optionText(node: Node, key: string, name: string): string {
  for (const option of listAt(node, key)) {
    const definition = isNode(option) ? nodeAt(option, "DefElem") : null;
    if (definition === null || textAt(definition, "defname") !== name) continue;
    const arg = nodeAt(definition, "arg") ?? {};
    const items = [arg, ...listAt(nodeAt(arg, "List") ?? {}, "items")];
    return items.map((item) => textAt(nodeAt(isNode(item) ? item : {}, "String") ?? {}, "sval")).join("");
  }
  return "";
}
