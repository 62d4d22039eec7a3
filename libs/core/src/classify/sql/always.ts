/** Whether a WHERE clause selects every row. Answers true only where that follows from the text alone. */
import { isNode, listAt, type Node, nodeAt, textAt } from "./tree.ts";

const MAX_CONDITION_DEPTH = 32;

/** True for no clause, `true`, `1=1`, `id = id`, `NOT false`, `name LIKE '%'`, and AND/OR of these. */
export function always(where: Node | null): boolean {
  return where === null || truth(where, 0) === true;
}

/** Three-valued: null where it depends on the row. */
function truth(node: Node, depth: number): boolean | null {
  if (depth > MAX_CONDITION_DEPTH) return null;
  const constant = nodeAt(node, "A_Const");
  if (constant !== null) return constantTruth(constant);
  const cast = nodeAt(node, "TypeCast");
  if (cast !== null) return truth(nodeAt(cast, "arg") ?? {}, depth + 1);
  const logic = nodeAt(node, "BoolExpr");
  if (logic !== null) {
    const arms = listAt(logic, "args").map((arm) => (isNode(arm) ? truth(arm, depth + 1) : null));
    if (logic["boolop"] === "NOT_EXPR") return arms[0] === null || arms[0] === undefined ? null : !arms[0];
    const decides = logic["boolop"] === "OR_EXPR";
    if (arms.includes(decides)) return decides;
    return arms.includes(null) ? null : !decides;
  }
  const expression = nodeAt(node, "A_Expr");
  return expression === null ? null : comparison(expression);
}

function constantTruth(constant: Node): boolean | null {
  const boolean = nodeAt(constant, "boolval");
  // Protobuf leaves out false and zero.
  if (boolean !== null) return boolean["boolval"] === true;
  const integer = nodeAt(constant, "ival");
  if (integer !== null) return integer["ival"] !== undefined && integer["ival"] !== 0;
  const text = nodeAt(constant, "sval")?.["sval"];
  if (typeof text !== "string") return null;
  return /^(t|true|yes|on|1)$/i.test(text) ? true : /^(f|false|no|off|0)$/i.test(text) ? false : null;
}

function comparison(expression: Node): boolean | null {
  const left = nodeAt(expression, "lexpr");
  const right = nodeAt(expression, "rexpr");
  if (left === null || right === null) return null;
  const [first] = listAt(expression, "name");
  const name = textAt(nodeAt(isNode(first) ? first : {}, "String") ?? {}, "sval");
  if (expression["kind"] === "AEXPR_LIKE" || expression["kind"] === "AEXPR_ILIKE") {
    return name.startsWith("~~") && /^%+$/.test(textOf(right)) ? true : null;
  }
  if (expression["kind"] !== "AEXPR_OP") return null;
  const same = shape(left) === shape(right);
  const constants = nodeAt(left, "A_Const") !== null && nodeAt(right, "A_Const") !== null;
  if (!same && !constants) return null;
  if (name === "=") return same;
  if (name === "<>" || name === "!=") return !same;
  return constants ? ordered(name, left, right) : null;
}

function ordered(name: string, left: Node, right: Node): boolean | null {
  const numbers = [left, right].map((side) => Number(nodeAt(nodeAt(side, "A_Const") ?? {}, "ival")?.["ival"] ?? 0));
  const [a, b] = [numbers[0]!, numbers[1]!];
  return name === "<" ? a < b : name === ">" ? a > b : name === "<=" ? a <= b : name === ">=" ? a >= b : null;
}

const textOf = (node: Node): string => textAt(nodeAt(nodeAt(node, "A_Const") ?? {}, "sval") ?? {}, "sval");

/** A node as text, without positions: equal shapes are equal expressions. */
const shape = (node: Node): string => JSON.stringify(node, (key, value: unknown) => (key === "location" ? undefined : value));
