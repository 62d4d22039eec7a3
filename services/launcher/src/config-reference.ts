/** The reference of all configuration keys, made from the schema, so that it cannot be out of date. */
import { LauncherConfig } from "./config.ts";

interface Node {
  readonly type?: string;
  readonly const?: string | number | boolean;
  readonly default?: unknown;
  readonly description?: string;
  readonly properties?: Record<string, Node>;
  readonly required?: readonly string[];
  readonly items?: Node;
  readonly patternProperties?: Record<string, Node>;
  readonly anyOf?: readonly Node[];
}

/** Markdown table of every key: path, type, default, meaning. */
export function configReference(): string {
  const rows: string[] = [];
  walk(LauncherConfig as unknown as Node, "", rows);
  return ["| key | type | default | |", "| --- | --- | --- | --- |", ...rows].join("\n");
}

function walk(node: Node, path: string, rows: string[]): void {
  const required = new Set(node.required);
  for (const [key, child] of Object.entries(node.properties ?? {})) {
    const at = path === "" ? key : `${path}.${key}`;
    const inner = inside(child);
    if (inner.length === 0 || child.type !== "object" || child.description !== undefined) rows.push(row(at, child, required.has(key)));
    for (const { node: part, suffix } of inner) walk(part, `${at}${suffix}`, rows);
  }
}

/** Objects below a key: list items, named entries, variants by kind. */
function inside(node: Node): { node: Node; suffix: string }[] {
  if (node.properties !== undefined) return [{ node, suffix: "" }];
  if (node.items !== undefined) return inside(node.items).map((part) => ({ ...part, suffix: `[]${part.suffix}` }));
  const named = Object.values(node.patternProperties ?? {})[0];
  if (named !== undefined) return inside(named).map((part) => ({ ...part, suffix: `.<name>${part.suffix}` }));
  return (node.anyOf ?? []).filter((variant) => variant.properties !== undefined).map((variant) => ({ node: variant, suffix: ` (${String(variant.properties?.["kind"]?.const ?? "")})` }));
}

function row(path: string, node: Node, required: boolean): string {
  const fallback = node.default === undefined ? (required ? "required" : "–") : `\`${JSON.stringify(node.default)}\``;
  return `| \`${path}\` | ${typeOf(node)} | ${fallback} | ${node.description ?? ""} |`;
}

function typeOf(node: Node): string {
  if (node.const !== undefined) return `\`${String(node.const)}\``;
  if (node.anyOf !== undefined) return node.anyOf.map((variant) => (variant.const === undefined ? "object" : `\`${String(variant.const)}\``)).filter((name, index, all) => all.indexOf(name) === index).join(", ");
  if (node.type === "array") return "list";
  return node.patternProperties === undefined ? (node.type ?? "") : "named entries";
}
