/** The GraphQL services known by name, and how a request finds its service. */
import { GITHUB } from "./github.ts";
import { LINEAR } from "./linear.ts";
import { RAILWAY } from "./railway.ts";
import type { GraphqlService, MutationRule } from "./service.ts";

/** Services known by host alone: their operations get a name, their meaning comes from the verb. */
const NAMED: readonly GraphqlService[] = [
  { name: "gitlab", hosts: /(^|\.)gitlab\./, path: null, mutations: [] },
  { name: "shopify", hosts: /\.myshopify\.com$|(^|\.)shopify\.com$/, path: null, mutations: [] },
  { name: "monday", hosts: /(^|\.)monday\.com$/, path: null, mutations: [] },
  { name: "hasura", hosts: /\.hasura\.app$/, path: null, mutations: [] },
  { name: "fly", hosts: /^api\.fly\.io$/, path: null, mutations: [] },
];

export const SERVICES: readonly GraphqlService[] = [RAILWAY, GITHUB, LINEAR, ...NAMED];

const RULES = new Map<GraphqlService, ReadonlyMap<string, readonly MutationRule[]>>(
  SERVICES.map((service) => [service, Map.groupBy(service.mutations, ({ field }) => field)]),
);

const LOOPBACK = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** The service behind `url`, or null. A loopback address is a tunnel or stand-in: there the path tells. */
export function serviceOf(url: string | null): GraphqlService | null {
  const parsed = url === null ? null : URL.parse(url);
  if (parsed === null) return null;
  const host = parsed.hostname.toLowerCase();
  const named = SERVICES.find(({ hosts }) => hosts.test(host));
  if (named !== undefined) return named;
  if (!LOOPBACK.test(host)) return null;
  return SERVICES.find(({ path }) => path?.test(parsed.pathname) === true) ?? null;
}

/** Rules of `field` at `service`; with no URL at all, a field that exactly one service knows is taken to be that service's. */
export function rulesOf(service: GraphqlService | null, field: string): readonly MutationRule[] {
  return service === null ? [] : (RULES.get(service)?.get(field) ?? []);
}

/** The one service whose table names `field`, or null where none or several do. */
export function serviceKnowing(field: string): GraphqlService | null {
  const knowing = SERVICES.filter((service) => RULES.get(service)?.get(field)?.some(({ shared }) => shared !== true) === true);
  return knowing.length === 1 ? knowing[0]! : null;
}
