/** Calls in other languages' code that delete: what standard libraries and clients of services name them. */
import { wordsOfName } from "../verbs.ts";
import type { Reach } from "./deletion.ts";

export interface Removal {
  /** Ends where the arguments begin. A captured group is the path itself, standing before the call. */
  readonly call: RegExp;
  readonly reach: Reach;
}

const PATH_BEFORE = `\\bPath\\(\\s*(["'\`][^"'\`]*["'\`]|[A-Za-z_]\\w*)\\s*\\)`;
const VARIABLE_BEFORE = `\\b([a-z_]\\w*)`;

export const REMOVALS: readonly Removal[] = [
  { reach: "tree", call: /\b(?:shutil\.rmtree|(?<![.\w])rmtree|FileUtils\.(?:rm_rf|rm_r|remove_dir|remove_entry\w*|rmtree|rm_tree)|remove_tree|Deno\.remove(?:Sync)?|(?:fs|fse|fsp|fsPromises|promises)\.(?:remove|removeSync|emptyDir|emptyDirSync)|rimraf(?:\.sync|Sync)?|(?<!\w)(?:removeSync|emptyDirSync)|os\.RemoveAll|(?:fs::)?remove_dir_all|Directory\.Delete|FileUtils\.deleteDirectory)(?=\s*(?:\(\s*)?["'`$\w[])/g },
  { reach: "tree", call: /\b(?:(?:fs|fsp|fsPromises|promises)\.)?(?:rm|rmSync|rmdir|rmdirSync)(?=\s*\([^)]{0,160}\brecursive\s*:\s*true)/g },
  { reach: "named", call: /\b(?:(?:fs|fsp|fsPromises|promises)\.)?(?:rmSync|rmdirSync|unlinkSync)(?=\s*\()(?!\s*\([^)]{0,160}\brecursive\s*:\s*true)/g },
  { reach: "named", call: /\b(?:fs|fsp|fsPromises|promises)\.(?:rm|rmdir|unlink)(?=\s*\()(?!\s*\([^)]{0,160}\brecursive\s*:\s*true)/g },
  { reach: "named", call: /\b(?:os\.(?:remove|unlink|rmdir|removedirs)|File\.(?:delete|unlink)|Dir\.(?:rmdir|unlink|delete)|FileUtils\.rm(?:_f)?|os\.Remove|File\.Delete)(?=\s*(?:\(\s*)?["'`$\w[])/g },
  { reach: "named", call: /(?<![.\w>$])unlink(?=\s*(?:\(|["'$]|glob\b|<))/g },
  { reach: "named", call: new RegExp(`${PATH_BEFORE}\\.(?:unlink|rmdir)\\s*\\(`, "g") },
  { reach: "named", call: new RegExp(`${VARIABLE_BEFORE}\\.unlink\\s*\\(`, "g") },
  { reach: "tree", call: new RegExp(`${PATH_BEFORE}\\.rmtree\\b`, "g") },
  { reach: "named", call: /["']unlink["']\s*,/g },
];

/** Where code that deletes a path it computes takes its paths from: a pattern or a directory that it lists. */
export const LISTINGS = /\b(?:glob\.i?glob|glob|globSync|rglob|os\.walk|os\.listdir|os\.scandir|scandir|listdir|readdirSync|readdir|Dir\.(?:glob|entries|children|each_child)|Dir|Path)\s*(?:[([]\s*)?(["'`][^"'`]+["'`])/;

/** The whole of a store at once. */
export const WIPES =
  /\b(?:metadata\.drop_all|db\.drop_all|drop_database|dropDatabase|drop_collection|flushall|flush_all|flushdb|deleteMany\(\s*(?:\{\s*\}\s*)?\)|delete_many\(\s*(?:\{\s*\}\s*)?\)|destroy_all|delete_all|objects\.all\(\)\.delete\(|sync\(\s*\{[^}]{0,160}\bforce\s*:\s*true|sequelize\.drop\(|migrate\.rollback\(|resetDatabase|(?:\.|->)collection\([^)]*\)\.drop\(|db\.\w+\.drop\(|\.query\(\w+\)\.delete\(\)|objects\.(?:all\(\)\.)?delete\(\)|stripe\.\w+\.del\(|\.begin_delete\w*\(|\.queue_(?:delete|purge)\(|\.exchange_delete\(|\bdb\.delete\(\w+\)(?!\s*\.where)|\b[A-Z]\w*::(?:truncate|query\(\)->delete)\()/;

/** `stripe.Customer.delete("cus_1")`: a class or client of a service, and the id of what goes. */
export const SERVICE_DELETES =
  /\b((?!(?:File|Dir|FileUtils|Set|Map|WeakMap|Reflect|Object|Path|Hash|Cache|Cookies?|Headers|FormData|URLSearchParams|Array|Session|Params)\b)(?:[A-Z]\w*|stripe|braintree|gateway|paypal|twilio|sendgrid|mailgun|octokit|gitlab|datadog|client|api|sdk|s3|k8s)(?:(?:\.|::|->)\w+(?:\(\))?){0,3}(?:\.|::|->)(?:delete|destroy|del|purge|cancel|void))\s*\(\s*["'`]/g;

/** Clients whose calls of that name act on the service whatever their argument: `gateway.customer.delete(id)`. */
export const CLIENT_DELETES = /\b((?:stripe|braintree|Braintree|Stripe|gateway|paypal|twilio|sendgrid|mailgun|octokit|pagerduty|datadog|launchdarkly|ldClient)(?:(?:\.|::|->)\w+(?:\(\))?){1,3}(?:\.|::|->)(?:delete|destroy|del|purge|cancel|void|void_transaction|archive))\s*\(/g;

/** `es.indices.delete(…)`, `storage.bucket("b").delete()`: what holds the method says what goes. */
export const HELD_DELETES =
  /(\.(?:indices|bucket|buckets|volumes|images|repos|repositories|databases|instances|clusters|topics|queues|namespaces|resource_groups|deployments|snapshots|backups|get_repo|get_organization|customers|subscriptions|projects|zones)(?:\([^()]{0,80}\))?\.(?:delete|destroy|remove|prune|purge|drop|truncate|begin_delete|del))\s*\(/g;
/** `new DeleteBucketCommand(…)`, of the AWS SDK. */
export const SDK_COMMANDS = /\bnew\s+((?:Delete|Terminate|Purge|Deregister|BatchDelete|Remove|Schedule|Disable|Stop)\w*?(?:Command|Request))\b/g;

/** Methods whose name begins with a verb of loss and names a thing; a single word (`df.drop`, `map.delete`) has harmless uses. */
export const DELETING_METHODS = /(?:\.|->|::)\s*((?:batch_|bulk_|async_|admin_|force_)?(?:delete|destroy|drop|purge|wipe|terminate|truncate|erase|clear|deregister|revoke|schedule)_?[A-Za-z]\w*)\s*[!(]\s*(?:[A-Za-z_]\w*\s*[=:]\s*)?(["'][^"']*["'])?/g;

/** What such methods name that nobody mourns: values in memory, elements of a page, timers, caches. */
const IN_MEMORY = new Set("na nan duplicates columns column level while last first timeout interval immediate cache cookies cookie mocks mock char at row rows cols range element node child listener listeners item items property key attribute style class selection screen line lines text output highlight errors error rect canvas console spy effect state form field fields if suffix prefix whitespace head tail file files worker thread process task callback frame".split(" "));
const NEEDS_THING = new Set(["clear", "revoke", "schedule", "deregister"]);
const THINGS = new Set("objects index indices indexes queue bucket table tables database collection topic topics data records messages images instances instance image snapshot volume deletion key tokens token grants permissions access".split(" "));

export function isLoss(method: string): boolean {
  const words = wordsOfName(method);
  const at = words.findIndex((word) => /^(delete|destroy|drop|purge|wipe|terminate|truncate|erase|clear|deregister|revoke|schedule)$/.test(word));
  const rest = at < 0 ? [] : words.slice(at + 1);
  if (rest.length === 0 || rest.some((word) => word === "by" || word === "many")) return false;
  if (NEEDS_THING.has(words[at]!)) return words[at] === "schedule" ? rest.includes("deletion") : rest.some((word) => THINGS.has(word));
  return !IN_MEMORY.has(rest.at(-1)!) || rest.length > 2;
}
