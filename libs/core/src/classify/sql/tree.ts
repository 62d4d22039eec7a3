/** Reading PostgreSQL's syntax tree, as protobuf's JSON gives it: absent members are zero, empty or false. */

/** A node of the tree: one key names its type, as in `{ DropStmt: {…} }`. Only the members used here are read, by name. */
export type Node = Readonly<Record<string, unknown>>;

export const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && !Array.isArray(value);
export const nodeAt = (node: Node, key: string): Node | null => (isNode(node[key]) ? node[key] : null);
export const listAt = (node: Node, key: string): readonly unknown[] => (Array.isArray(node[key]) ? (node[key] as unknown[]) : []);
export const textAt = (node: Node, key: string): string => (typeof node[key] === "string" ? node[key] : "");

