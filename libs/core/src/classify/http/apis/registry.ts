/** HTTP APIs whose calls mean more than their method says. The first row that fits decides, so APIs at any host come last. */
import { AWS_RULES } from "./aws.ts";
import { AZURE_RULES } from "./azure.ts";
import { CODE_HOSTS } from "./code-hosts.ts";
import { GOOGLE } from "./google.ts";
import { KUBERNETES_RULES } from "./kubernetes.ts";
import { PAYMENTS } from "./payments.ts";
import { PLATFORM_RULES } from "./platforms.ts";
import type { HttpRule } from "./rule.ts";

export const HTTP_RULES: readonly HttpRule[] = [...CODE_HOSTS, ...PAYMENTS, ...GOOGLE, ...AZURE_RULES, ...AWS_RULES, ...PLATFORM_RULES, ...KUBERNETES_RULES];

/** Pairs of method and host remembered; all are forgotten when there are more, since hosts are chosen by others. */
export const REMEMBERED_HOSTS = 512;
/** The longest name that DNS knows; longer ones are looked at anew. */
const HOST_CHARS = 253;
let known = new Map<string, readonly HttpRule[]>();

/** Rows for this method at this host, in order. Few hosts are called again and again: what fits them is remembered. */
export function rulesAt(method: string, host: string): readonly HttpRule[] {
  const key = `${method} ${host}`;
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = HTTP_RULES.filter((rule) => fitsMethod(rule.method, method) && rule.host.test(host));
  if (host.length > HOST_CHARS || method.length > 32) return found;
  if (known.size >= REMEMBERED_HOSTS) known = new Map();
  known.set(key, found);
  return found;
}

const fitsMethod = (rule: string, method: string): boolean =>
  rule === "ANY" || (rule === "*" ? method !== "GET" && method !== "HEAD" && method !== "OPTIONS" : rule === method || rule.split("|").includes(method));
