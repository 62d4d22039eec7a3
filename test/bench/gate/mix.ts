/** What a coding agent asks of its gate: mostly reads, some writes, now and then something that is refused. Half of the texts never came before. */

export interface Asked {
  readonly tool: string;
  readonly callId: string;
  readonly session: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly request?: { readonly kind: "shell"; readonly command: string } | { readonly kind: "sql"; readonly system: string; readonly text: string } | { readonly kind: "http"; readonly method: string; readonly url: string; readonly body: string | null };
  readonly provenance: Readonly<Record<string, "task" | "novel">>;
}

const shell = (command: string) => ({ tool: "bash", arguments: { command, timeout: 120_000 }, request: { kind: "shell" as const, command } });
const sql = (text: string) => ({ tool: "query", arguments: { database: "shop_staging", sql: text }, request: { kind: "sql" as const, system: "postgresql", text } });
const http = (method: string, url: string, body: string | null) => ({ tool: "fetch", arguments: { method, url, ...(body === null ? {} : { body }) }, request: { kind: "http" as const, method, url, body } });

/** `n`: what is new in a text; the same text again where it is 0. */
const CALLS: readonly ((n: number) => Omit<Asked, "callId" | "session" | "provenance">)[] = [
  (n) => shell(`grep -rn "order${n || ""}" src --include='*.ts' | head -20`),
  (n) => shell(`cat src/orders/total${n || ""}.ts`),
  (n) => ({ tool: "read_file", arguments: { path: `src/orders/total${n || ""}.ts`, offset: 0 } }),
  (n) => sql(`select o.id, o.total, c.name from orders o join customers c on c.id = o.customer_id where o.created_at > now() - interval '7 days' and o.id > ${n} order by o.total desc limit 50`),
  (n) => shell(`git -C shop log --oneline -${(n % 40) + 1} && git -C shop status --short`),
  (n) => http("GET", `https://api.staging.example.com/v1/orders/${n}?expand=customer`, null),
  (n) => ({ tool: "search_code", arguments: { query: `total ${n || ""}`, limit: 20, languages: ["typescript", "sql"] } }),
  (n) => shell(`npm test -- --run src/orders/total${n || ""}.test.ts 2>&1 | tail -40`),
  (n) => ({ tool: "edit_file", arguments: { path: `src/orders/total${n || ""}.ts`, old: "const total = sum(items);", new: "const total = sum(items) - discount(items);" } }),
  (n) => sql(`update orders set note = 'checked ${n}' where id = ${n}`),
  (n) => shell(`for f in src/orders/*.ts; do sed -n '1,${(n % 80) + 1}p' "$f" | wc -l; done; echo done`),
  (n) => ({ tool: "list_directory", arguments: { path: `src/orders/${n || ""}` } }),
  // Refused: another environment.
  (n) => ({ ...sql(`delete from orders where id = ${n}`), tool: "query_production", request: { kind: "sql", system: "postgresql", text: `insert into production.orders (id) values (${n})` } }),
];

/** The same calls for the same numbers. */
export function askedAt(index: number): Asked {
  const make = CALLS[index % CALLS.length]!;
  const isNew = Math.floor(index / CALLS.length) % 2 === 1;
  return { ...make(isNew ? index : 0), callId: `call-${index}`, session: "bench", provenance: { command: "novel", path: "task" } };
}

const PATHS: readonly ((n: number) => string)[] = [
  (n) => `/v1/orders/${n}?expand=customer`,
  (n) => `/v1/orders?limit=50&after=${n}`,
  (n) => `/v1/customers/${n}/orders`,
];

/** What is read through the proxy; half of it never came before. */
export function pathAt(index: number): string {
  const isNew = Math.floor(index / PATHS.length) % 2 === 1;
  return PATHS[index % PATHS.length]!(isNew ? index : 0);
}
