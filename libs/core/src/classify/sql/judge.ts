/** Judges one PostgreSQL statement by its syntax tree, with everything nested in it. */
import { MAX_COMMANDS } from "../bounds.ts";
import type { Knowledge } from "../compose.ts";
import { GROUPS } from "../verb-table.ts";
import { verbMeaning } from "../verbs.ts";
import { always } from "./always.ts";
import { isNode, listAt, type Node, nodeAt, textAt } from "./tree.ts";
import { CALL_KNOWLEDGE, changeKnowledge, commandKnowledge, dropKnowledge, PURGE_LOGS, statementKnowledge } from "./statements.ts";

export interface Judged {
  readonly knowledge: Knowledge;
  /** Relations, databases or roles as written, `schema.name`. */
  readonly names: readonly { readonly kind: string; readonly id: string }[];
}

/** Everything that `statement` (one member of `stmts`) does, the statement itself last: a CTE runs before what reads it. */
export function judgeStatement(statement: Node): Judged[] {
  const [type, body] = Object.entries(statement)[0] ?? ["", null];
  if (!isNode(body)) return [];
  if (type === "ExplainStmt" && !listAt(body, "options").some((option) => isOption(option, "analyze"))) {
    return [{ knowledge: { operation: "sql.explain", effect: "read", reversibility: "reversible", reason: "Explains a plan without running it." }, names: [] }];
  }
  const inner = nestedStatements(body);
  // What a wrapper wraps is the operation: EXPLAIN ANALYZE, PREPARE and DECLARE add nothing of their own.
  if (type === "ExplainStmt" || type === "PrepareStmt" || type === "DeclareCursorStmt") {
    const wrapped = nodeAt(body, "query");
    if (wrapped !== null) return judgeStatement(wrapped);
  }
  return [...inner, { knowledge: knowledgeOf(type, body), names: namesOf(type, body) }];
}

function isOption(option: unknown, name: string): boolean {
  const definition = isNode(option) ? nodeAt(option, "DefElem") : null;
  if (definition === null || textAt(definition, "defname").toLowerCase() !== name) return false;
  return !/^(false|off|0)$/i.test(textAt(nodeAt(nodeAt(definition, "arg") ?? {}, "String") ?? {}, "sval"));
}

const tableOf = (body: Node): string => textAt(nodeAt(body, "relation") ?? {}, "relname");

/** SQLite's catalog, once its guard is off. */
const CATALOG = /^sqlite_(master|schema)$/i;
const CATALOG_CHANGE: Knowledge = { operation: "sql.catalog-change", effect: "delete", reversibility: "irreversible", reason: "Edits the catalog itself: the tables it names are lost." };

function knowledgeOf(type: string, body: Node): Knowledge {
  switch (type) {
    case "DropStmt":
      return dropKnowledge(textAt(body, "removeType"), body["behavior"] === "DROP_CASCADE");
    case "DeleteStmt":
      return CATALOG.test(tableOf(body)) ? CATALOG_CHANGE : changeKnowledge("delete", always(nodeAt(body, "whereClause"), tableOf(body)));
    case "UpdateStmt":
      return CATALOG.test(tableOf(body)) ? CATALOG_CHANGE : changeKnowledge("update", always(nodeAt(body, "whereClause"), tableOf(body)));
    case "AlterTableStmt":
      return alterTable(body);
    case "CopyStmt":
      return copy(body);
    case "SelectStmt":
      if (nodeAt(body, "intoClause") !== null) return { operation: "sql.create-table", effect: "create", reversibility: "recoverable", reason: "Creates a table from a query." };
      break;
    case "VariableSetStmt":
      // To PostgreSQL the reset of a setting that it does not have.
      if (body["kind"] === "VAR_RESET" && /^master$/i.test(textAt(body, "name"))) return PURGE_LOGS;
      if (/^(session_replication_role|role|session_authorization)$/i.test(textAt(body, "name"))) {
        return { operation: "sql.set-role", effect: "admin", reversibility: "recoverable", reason: "Changes whose rights this session has, or turns triggers off." };
      }
  }
  return statementKnowledge(type) ?? { operation: "sql.unknown", effect: "execute", reversibility: "unknown", reason: `${type} is no statement that is known here.` };
}

function alterTable(body: Node): Knowledge {
  const kinds = listAt(body, "cmds").map((command) => textAt(nodeAt(isNode(command) ? command : {}, "AlterTableCmd") ?? {}, "subtype"));
  if (kinds.some((kind) => kind === "AT_DropColumn")) {
    return { operation: "sql.drop-column", effect: "delete", reversibility: "irreversible", reason: "Drops a column with its values.", safer: "Rename the column; drop it once nothing reads it." };
  }
  if (kinds.some((kind) => /DisableTrig|DisableRowSecurity|NoForceRowSecurity|DisableRule|DropConstraint/.test(kind))) {
    return { operation: "sql.disable-protection", effect: "admin", reversibility: "recoverable", reason: "Takes a constraint, trigger or row-level security away." };
  }
  return { operation: "sql.alter-table", effect: "write", reversibility: "recoverable", reason: "Changes a table's definition." };
}

function copy(body: Node): Knowledge {
  if (body["is_program"] === true) return commandKnowledge(textAt(body, "filename")) ?? { operation: "sql.copy-program", effect: "execute", reversibility: "unknown", reason: "Runs a program on the database server." };
  if (body["is_from"] === true) return { operation: "sql.copy-from", effect: "create", reversibility: "recoverable", reason: "Loads rows." };
  if (textAt(body, "filename") !== "") return { operation: "sql.copy-to-file", effect: "write", reversibility: "unknown", reason: "Writes a file on the database server." };
  return { operation: "sql.copy-to", effect: "read", reversibility: "reversible", reason: "Reads rows out." };
}

/** Member names such as `selectStmt` start in lower case; node types do not. */
const STATEMENT = /^[A-Z]\w*Stmt$/;

/** Statements and telling function calls below `root`, found without recursion: the tree may be as deep as the text is long. */
function nestedStatements(root: Node): Judged[] {
  const found: Judged[] = [];
  const calls = new Set<string>();
  const stack: unknown[] = [root];
  while (stack.length > 0 && found.length < MAX_COMMANDS) {
    const value = stack.pop();
    if (Array.isArray(value)) stack.push(...value);
    else if (isNode(value)) {
      for (const type of Object.keys(value)) {
        const body = value[type];
        if (typeof body !== "object" || body === null) continue;
        if (isNode(body) && STATEMENT.test(type) && type !== "SelectStmt") found.push({ knowledge: knowledgeOf(type, body), names: namesOf(type, body) });
        if (isNode(body) && type === "FuncCall") found.push(...judgeCall(body, calls));
        stack.push(body);
      }
    }
  }
  return found.toReversed();
}

/** Functions of PostgreSQL whose names hold a verb, but which only compute. */
const PURE = /^(replace|insert|overlay|translate|repeat|initcap|format|(regexp|array|json|jsonb|xml)_\w+|set_(bit|byte|masklen)|(range|inet)_merge|make_\w+|gen_random_\w+|generate_\w+|date_\w+|to_\w+|txid_\w+|pg_get_\w+|has_\w+|row_\w+|ts_\w+|tsvector_\w+|uuid\w*|st_\w+|hash\w*|current_\w+)$/;

/** `seen` holds the names judged before in the same statement: a text may call one function thousands of times. */
function judgeCall(body: Node, seen: Set<string>): Judged[] {
  const names = listAt(body, "funcname").map((part) => textAt(nodeAt(isNode(part) ? part : {}, "String") ?? {}, "sval"));
  const name = names.at(-1)?.toLowerCase() ?? "";
  if (seen.has(name)) return [];
  if (names[0] !== "pg_catalog") seen.add(name);
  const known = CALL_KNOWLEDGE.get(name);
  if (known !== undefined) return [{ knowledge: known, names: [] }];
  const meaning = PURE.test(name) || names[0] === "pg_catalog" ? null : verbMeaning(name);
  if (meaning === null || meaning.effect === "read" || GROUPS.has(meaning.verb)) return [];
  return [{ knowledge: { operation: "sql.function", effect: "execute", reversibility: "unknown", reason: `Calls the function ${name}, whose text is not here.` }, names: [] }];
}

function namesOf(type: string, body: Node): { kind: string; id: string }[] {
  if (type === "DropStmt") {
    const kind = textAt(body, "removeType").replace(/^OBJECT_/, "").toLowerCase();
    return listAt(body, "objects").map((object) => ({ kind, id: dotted(object) })).filter(({ id }) => id !== "");
  }
  if (type === "DropdbStmt" || type === "CreatedbStmt" || type === "AlterDatabaseStmt") return [{ kind: "database", id: textAt(body, "dbname") }];
  if (type === "DropRoleStmt") return listAt(body, "roles").map((role) => ({ kind: "role", id: textAt(nodeAt(isNode(role) ? role : {}, "RoleSpec") ?? {}, "rolename") }));
  if (type === "TruncateStmt" || type === "SelectStmt") {
    return listAt(body, type === "SelectStmt" ? "fromClause" : "relations").map((relation) => relationName(nodeAt(isNode(relation) ? relation : {}, "RangeVar"))).filter((name) => name !== null);
  }
  const relation = relationName(nodeAt(body, "relation"));
  return relation === null ? [] : [relation];
}

function relationName(range: Node | null): { kind: string; id: string } | null {
  if (range === null) return null;
  const id = [textAt(range, "catalogname"), textAt(range, "schemaname"), textAt(range, "relname")].filter((part) => part !== "").join(".");
  return id === "" ? null : { kind: "table", id };
}

function dotted(object: unknown): string {
  if (!isNode(object)) return "";
  const items = nodeAt(object, "List") ?? nodeAt(object, "ObjectWithArgs") ?? nodeAt(object, "TypeName");
  if (items === null) return textAt(nodeAt(object, "String") ?? {}, "sval");
  return [...listAt(items, "items"), ...listAt(items, "objname"), ...listAt(items, "names")]
    .map((part) => textAt(nodeAt(isNode(part) ? part : {}, "String") ?? {}, "sval"))
    .filter((part) => part !== "")
    .join(".");
}
