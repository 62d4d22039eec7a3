/** HTTP APIs whose calls mean more than their method says. One row per call; the first that fits decides. */
import type { Knowledge } from "../compose.ts";

export interface HttpRule extends Knowledge {
  readonly host: RegExp;
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "*";
  /** Tested on the path without query. */
  readonly path: RegExp;
  /** Tested on the query string and body, where the operation hides there. */
  readonly text?: RegExp;
}

const GITHUB = /(^|\.)api\.github\.com$/;
const AWS = /\.amazonaws\.com(\.cn)?$/;
const KUBERNETES = /./;
const S3 = /(^|\.)s3[.-].*amazonaws\.com$|\.r2\.cloudflarestorage\.com$|\.digitaloceanspaces\.com$/;

const destroys = (host: RegExp, path: RegExp, operation: string, reason: string, safer?: string): HttpRule => ({
  host, path, operation, reason, method: "DELETE", effect: "delete", reversibility: "irreversible", ...(safer === undefined ? {} : { safer }),
});

export const HTTP_RULES: readonly HttpRule[] = [
  destroys(GITHUB, /^\/repos\/[^/]+\/[^/]+\/?$/, "github.deleteRepository", "Deletes the repository with issues, releases and wiki.", "Archive the repository instead."),
  destroys(GITHUB, /^\/repos\/[^/]+\/[^/]+\/git\/refs\//, "github.deleteRef", "Deletes a branch or tag."),
  destroys(GITHUB, /^\/orgs\/[^/]+\/?$/, "github.deleteOrganization", "Deletes the organization with all its repositories."),
  { host: GITHUB, method: "DELETE", path: /\/(labels|reactions|assignees|requested_reviewers|subscription|lock)(\/|$)/, operation: "github.unassign", effect: "write", reversibility: "recoverable", reason: "Takes a label, reaction or assignment away; it can be put back." },
  { host: GITHUB, method: "PATCH", path: /\/git\/refs\//, text: /"force"\s*:\s*true/, operation: "github.forceUpdateRef", effect: "delete", reversibility: "irreversible", reason: "Moves a branch by force; commits that only it held are lost.", safer: "Update without `force`." },
  { host: GITHUB, method: "*", path: /\/branches\/[^/]+\/protection/, operation: "github.branchProtection", effect: "admin", reversibility: "recoverable", reason: "Changes or removes branch protection." },
  { host: GITHUB, method: "POST", path: /\/transfer\/?$/, operation: "github.transferRepository", effect: "admin", reversibility: "unknown", reason: "Gives the repository to another owner." },
  destroys(/(^|\.)stripe\.com$/, /^\/v1\/(customers|products|plans|coupons|accounts|webhook_endpoints)\/[^/]+\/?$/, "stripe.delete", "Deletes a Stripe object permanently."),
  { host: /(^|\.)stripe\.com$/, method: "POST", path: /^\/v1\/(refunds|charges|payouts|transfers|payment_intents)/, operation: "stripe.moveMoney", effect: "publish", reversibility: "unknown", reason: "Moves money." },
  destroys(/(^|\.)api\.vercel\.com$/, /^\/v\d+\/(projects|deployments|domains|env|edge-config)\//, "vercel.delete", "Deletes a Vercel project, deployment, domain or variable."),
  destroys(/(^|\.)api\.cloudflare\.com$/, /\/(zones|dns_records|r2\/buckets|d1\/database|storage\/kv\/namespaces|workers\/scripts)(\/|$)/, "cloudflare.delete", "Deletes a zone, DNS record, bucket, database, namespace or worker."),
  { host: /(^|\.)api\.cloudflare\.com$/, method: "POST", path: /\/purge_cache\/?$/, operation: "cloudflare.purgeCache", effect: "write", reversibility: "recoverable", reason: "Empties the cache; it fills again from the origin." },
  destroys(/(^|\.)api\.digitalocean\.com$/, /^\/v2\/(droplets|databases|volumes|kubernetes|snapshots|domains)/, "digitalocean.delete", "Deletes a DigitalOcean resource with its data."),
  destroys(/(^|\.)(api\.)?(heroku|netlify|render|neon|supabase|planetscale)\.(com|tech)$/, /./, "platform.delete", "Deletes a resource of a hosting platform with its data."),
  destroys(/\.googleapis\.com$/, /./, "gcp.delete", "Deletes a Google Cloud resource."),
  destroys(/(^|\.)management\.azure\.com$/, /./, "azure.delete", "Deletes an Azure resource with everything inside it."),
  destroys(S3, /^\/[^/]*\/?$/, "s3.deleteBucket", "Deletes a bucket."),
  destroys(S3, /./, "s3.deleteObject", "Deletes an object; without versioning nothing restores it."),
  { host: S3, method: "POST", path: /./, text: /^\??delete\b|<Delete\b/, operation: "s3.deleteObjects", effect: "delete", reversibility: "irreversible", reason: "Deletes up to 1,000 objects at once." },
  destroys(KUBERNETES, /^\/apis?\/.*\/(namespaces|persistentvolumes|persistentvolumeclaims|customresourcedefinitions)(\/[^/]+)?\/?$/, "kubernetes.delete", "Deletes a namespace, volume or resource definition with all that depends on it."),
  destroys(KUBERNETES, /^\/apis?\/(v\d\w*|[^/]+\/v\d\w*)\/namespaces\/[^/]+\/[a-z]+\/?$/, "kubernetes.deleteCollection", "Deletes every resource of a kind in the namespace.", "Delete by name."),
  destroys(/./, /^\/_all\/?$|^\/\*\/?$/, "elasticsearch.deleteAll", "Deletes every index.", "Name the index; take a snapshot first."),
  { host: /./, method: "POST", path: /\/_delete_by_query\/?$/, operation: "elasticsearch.deleteByQuery", effect: "delete", reversibility: "irreversible", reason: "Deletes every document that the query matches." },
];

const ACTION = /(?:^|[?&\s])Action=([A-Za-z]+)/;

/** AWS sends its operation in `Action=` (query protocol) or the `X-Amz-Target` header (JSON protocol). Null where neither is there. */
export function awsOperation(host: string, text: string, target: string | undefined): string | null {
  if (!AWS.test(host)) return null;
  return ACTION.exec(text)?.[1] ?? target?.split(".").at(-1) ?? null;
}
