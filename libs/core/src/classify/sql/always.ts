/** Whether a WHERE clause selects every row. Answers true only where that follows from the text alone. */
import { isNode, listAt, type Node, nodeAt, textAt } from "./tree.ts";

const MAX_CONDITION_DEPTH = 32;

/** Columns that are keys by name: never null, never below one. Guards that ask for a WHERE are got round with them. */
const KEY = /^(_?id|rowid|oid|uuid|guid|pk)$/i;

/**
 * True for no clause, `true`, `1=1`, `id = id`, `NOT false`, `name LIKE '%'`, `id IS NOT NULL`, `id > 0`, and AND/OR of these; and for
 * `id IN (SELECT id FROM t)` where `t` is `table` itself.
 */
export function always(where: Node | null, table = ""): boolean {
  return where === null || truth(where, 0) === true || selectsItself(where, table);
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
    if (arms.includes(decides) || (decides && eitherWay(logic))) return decides;
    return arms.includes(null) ? null : !decides;
  }
  const test = nodeAt(node, "NullTest");
  if (test !== null) return test["nulltesttype"] === "IS_NOT_NULL" && KEY.test(columnOf(nodeAt(test, "arg"))) ? true : null;
  const link = nodeAt(node, "SubLink");
  if (link !== null) return link["subLinkType"] === "EXISTS_SUBLINK" && isWhole(selectOf(link)) && listAt(selectOf(link), "fromClause").length === 0 ? true : null;
  const expression = nodeAt(node, "A_Expr");
  return expression === null ? null : comparison(expression);
}

/** `x IS NULL OR x IS NOT NULL`. */
function eitherWay(logic: Node): boolean {
  const tests = listAt(logic, "args").map((arm) => (isNode(arm) ? nodeAt(arm, "NullTest") : null)).filter(isNode);
  return tests.some((test) => tests.some((other) => test["nulltesttype"] !== other["nulltesttype"] && alike(nodeAt(test, "arg"), nodeAt(other, "arg"))));
}

const selectOf = (link: Node): Node => nodeAt(nodeAt(link, "subselect") ?? {}, "SelectStmt") ?? {};

/** No condition, limit or grouping of its own. */
const isWhole = (select: Node): boolean => ["whereClause", "limitCount", "limitOffset", "havingClause", "groupClause"].every((clause) => select[clause] === undefined);

function selectsItself(where: Node, table: string): boolean {
  const link = nodeAt(where, "SubLink");
  const column = columnOf(nodeAt(link ?? {}, "testexpr"));
  if (link === null || column === "" || link["subLinkType"] !== "ANY_SUBLINK" || link["operName"] !== undefined || !isWhole(selectOf(link))) return false;
  const [from, second] = listAt(selectOf(link), "fromClause");
  const [target] = listAt(selectOf(link), "targetList");
  const selected = columnOf(nodeAt(nodeAt(isNode(target) ? target : {}, "ResTarget") ?? {}, "val"));
  return second === undefined && selected === column && textAt(nodeAt(isNode(from) ? from : {}, "RangeVar") ?? {}, "relname") === table;
}

/** The last part of a column's name; empty where `node` is no column. */
function columnOf(node: Node | null): string {
  const last = listAt(nodeAt(node ?? {}, "ColumnRef") ?? {}, "fields").at(-1);
  return textAt(nodeAt(isNode(last) ? last : {}, "String") ?? {}, "sval");
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
  if (expression["kind"] === "AEXPR_IN" && name === "=") return items(right).some((item) => alike(item, left)) ? true : null;
  if (expression["kind"] === "AEXPR_BETWEEN") {
    const [low, high] = items(right);
    return low === undefined || high === undefined || ![left, low, high].every(isConstant) ? null : ordered(">=", left, low) === true && ordered("<=", left, high) === true;
  }
  if (expression["kind"] !== "AEXPR_OP") return null;
  if (KEY.test(columnOf(left)) && isConstant(right)) return aboveAll(name, numberOf(right));
  const same = alike(left, right);
  const constants = nodeAt(left, "A_Const") !== null && nodeAt(right, "A_Const") !== null;
  if (!same && !constants) return null;
  if (name === "=") return same;
  if (name === "<>" || name === "!=") return !same;
  return constants ? ordered(name, left, right) : null;
}

const items = (list: Node): readonly Node[] => listAt(nodeAt(list, "List") ?? {}, "items").filter(isNode);
const isConstant = (node: Node): boolean => nodeAt(node, "A_Const") !== null;

/** NaN where the constant is no integer. */
function numberOf(node: Node): number {
  const constant = nodeAt(node, "A_Const") ?? {};
  const integer = nodeAt(constant, "ival");
  return integer === null ? Number.NaN : Number(integer["ival"] ?? 0);
}

/** Keys count from one. */
function aboveAll(name: string, bound: number): boolean | null {
  return (name === ">" && bound <= 0) || (name === ">=" && bound <= 1) || ((name === "<>" || name === "!=") && bound <= 0) ? true : null;
}

function ordered(name: string, left: Node, right: Node): boolean | null {
  const [a, b] = [numberOf(left), numberOf(right)];
  if (Number.isNaN(a) || Number.isNaN(b)) return null;
  return name === "<" ? a < b : name === ">" ? a > b : name === "<=" ? a <= b : name === ">=" ? a >= b : null;
}

const textOf = (node: Node): string => textAt(nodeAt(nodeAt(node, "A_Const") ?? {}, "sval") ?? {}, "sval");

/** Whether two expressions are the same but for their positions. Without recursion: they may be as deep as the text is long. */
function alike(left: unknown, right: unknown): boolean {
  const stack: [unknown, unknown][] = [[left, right]];
  for (let pair = stack.pop(); pair !== undefined; pair = stack.pop()) {
    const [a, b] = pair;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) {
      if (a !== b) return false;
      continue;
    }
    const [one, other] = [a as Node, b as Node];
    const keys = Object.keys(one).filter((key) => key !== "location");
    if (keys.length !== Object.keys(other).filter((key) => key !== "location").length) return false;
    for (const key of keys) stack.push([one[key], other[key]]);
  }
  return true;
}
