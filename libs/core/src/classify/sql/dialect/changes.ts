/** DELETE and UPDATE of any dialect: what they change, and whether their condition spares anything. */
import type { Knowledge } from "../../compose.ts";
import { always } from "../always.ts";
import { parsePostgres } from "../prepare.ts";
import { changeKnowledge } from "../statements.ts";
import { isNode, nodeAt } from "../tree.ts";
import type { Token } from "./lexer.ts";
import { asLine, asPostgres, topLevel } from "./render.ts";

const DELETE = /^DELETE (?:(?:LOW_PRIORITY|QUICK|IGNORE) )*(?:TOP ?\( ?[\w@]+ ?\)(?: PERCENT)? )?(?:FROM )?(?:ONLY )?([\w.$@#-]+)/i;
const UPDATE = /^UPDATE (?:(?:LOW_PRIORITY|IGNORE|OR \w+) )*(?:TOP ?\( ?[\w@]+ ?\)(?: PERCENT)? )?(?:ONLY )?([\w.$@#-]+)/i;
/** ClickHouse changes rows by ALTER. */
const ALTER = /^ALTER TABLE ([\w.$@#-]+)(?: ON CLUSTER \S+)? (DELETE|UPDATE)\b/i;

export interface Change {
  readonly knowledge: Knowledge;
  readonly name: string;
}

/** Null where the statement is neither. */
export function changeOf(tokens: readonly Token[]): Change | null {
  const line = asLine(tokens.slice(0, 16));
  const alters = ALTER.exec(line);
  const deletes = alters === null ? DELETE.exec(line) : null;
  const updates = alters === null && deletes === null ? UPDATE.exec(line) : null;
  const name = (alters ?? deletes ?? updates)?.[1];
  if (name === undefined || (updates !== null && topLevel(tokens, /^set$/i) < 0)) return null;
  const isDelete = deletes !== null || /delete/i.test(alters?.[2] ?? "");
  return { knowledge: changeKnowledge(isDelete ? "delete" : "update", sparesNothing(tokens, name.slice(name.lastIndexOf(".") + 1))), name };
}

/** No WHERE, or one that PostgreSQL's grammar reads and that is always true. */
function sparesNothing(tokens: readonly Token[], table: string): boolean {
  const from = topLevel(tokens, /^where$/i);
  if (from < 0) return true;
  const rest = tokens.slice(from + 1);
  const to = topLevel(rest, /^(order|limit|returning|option|settings)$/i);
  const condition = asPostgres(to < 0 ? rest : rest.slice(0, to));
  const parsed = parsePostgres(`SELECT 1 WHERE ${condition}`);
  const statement = parsed.kind === "parsed" && parsed.tree.stmts?.length === 1 ? parsed.tree.stmts[0]?.stmt : undefined;
  const select = isNode(statement) ? nodeAt(statement, "SelectStmt") : null;
  return select !== null && always(nodeAt(select, "whereClause"), table);
}
