/** Hosting platforms, stores and services with an API of their own. */
import { api, type HttpRule } from "./rule.ts";

const VERCEL = api("vercel", /(^|\.)api\.vercel\.com$/);
const CLOUDFLARE = api("cloudflare", /(^|\.)api\.cloudflare\.com$/);
const DIGITALOCEAN = api("digitalocean", /(^|\.)api\.digitalocean\.com$/);
const FLY = api("fly", /(^|\.)api\.machines\.dev$|^api\.fly\.io$/);
const SUPABASE = api("supabase", /(^|\.)api\.supabase\.com$/);
const NEON = api("neon", /(^|\.)(console|api)\.neon\.tech$/);
const HETZNER = api("hetzner", /(^|\.)api\.hetzner\.cloud$/);
const PLATFORM = api("platform", /(^|\.)(heroku|netlify|render|neon|supabase|planetscale|linode|vultr|scaleway|ovh|koyeb|northflank|aiven|mongodb|confluent)\.(com|tech|io|cloud)$/);
const SEARCH = api("elasticsearch", /./);
const DOCKER = api("docker", /./);
const VAULT = api("vault", /./);
const UPSTASH = api("upstash", /\.upstash\.io$/);
const SLACK = api("slack", /(^|\.)slack\.com$/);
const IDENTITY = api("identity", /\.(auth0|okta|oktapreview)\.com$/);
const TERRAFORM = api("terraform", /(^|\.)app\.terraform\.io$/);

/** A body that names no setting but these: what nodes log, and how fast they recover. Read key by key, so that a long body takes no longer. */
const HARMLESS_KEYS = "(?:persistent|transient|logger\\.[\\w.]+|indices\\.recovery\\.max_bytes_per_sec|cluster\\.max_shards_per_node|cluster\\.routing\\.allocation\\.(?:node_concurrent_\\w+|cluster_concurrent_rebalance))\"";
const HARMLESS_SETTINGS = new RegExp(`^[^{]*\\{(?![^]*"(?!${HARMLESS_KEYS})[^"]*"\\s*:)[^]*\\}\\s*$`);

const CLOUD_PLATFORMS: readonly HttpRule[] = [
  VERCEL.destroys("DELETE /v*/projects|deployments|domains|env|edge-config|teams|secrets|storage/**", "delete", "Deletes a Vercel project, deployment, domain or variable."),
  CLOUDFLARE.writes("POST /client/v4/zones/*/purge_cache", "purgeCache", "Empties the cache; it fills again from the origin."),
  CLOUDFLARE.destroys("DELETE /client/v4/**/zones|dns_records|buckets|database|namespaces|scripts|queues|hyperdrive|pages|projects/**", "delete", "Deletes a zone, DNS record, bucket, database, namespace or worker."),
  CLOUDFLARE.destroys("DELETE /client/v4/zones/**", "delete", "Deletes a zone, or a record or rule of it."),
  DIGITALOCEAN.destroys("DELETE /v2/droplets|databases|volumes|kubernetes|snapshots|domains|apps|images|projects/**", "delete", "Deletes a DigitalOcean resource with its data.", { safer: "Take a snapshot first." }),
  DIGITALOCEAN.destroys("POST /v2/droplets|volumes/*/actions", "rebuild", "Wipes a machine or puts an older image over it.", { text: /"type"\s*:\s*"(rebuild|restore)"/ }),
  DIGITALOCEAN.unprotects("backup")("POST /v2/droplets/*/actions", "disableBackups", "Stops backups of a machine.", { text: /"type"\s*:\s*"disable_backups"/ }),
  FLY.destroys("DELETE /v1/apps/**", "delete", "Deletes a Fly app, machine or volume with its data."),
  SUPABASE.destroys("DELETE /v1/projects/**", "deleteProject", "Deletes a project with its database.", { safer: "Pause the project." }),
  SUPABASE.destroys("DELETE /v1/branches/*", "deleteBranch", "Deletes a branch with its database."),
  SUPABASE.overwrites("POST /v1/projects/*/database/backups/restore-pitr|restore", "restoreBackup", "Winds the database back; what was written since is lost."),
  SUPABASE.destroys("POST /v1/branches/*/reset", "resetBranch", "Resets the database of a branch."),
  NEON.destroys("DELETE /api/v2/projects/**", "delete", "Deletes a project, branch, endpoint, database or role."),
  NEON.overwrites("POST /api/v2/projects/*/branches/*/restore|reset", "restoreBranch", "Overwrites a branch with another state.", { safer: "Keep the present state under a name with preserve_under_name." }),
  HETZNER.destroys("POST /v1/servers/*/actions/rebuild", "rebuild", "Wipes a machine and puts an image on it."),
  HETZNER.unprotects("backup")("POST /v1/servers/*/actions/disable_backup", "disableBackup", "Stops backups of a machine and deletes those kept."),
  HETZNER.destroys("DELETE /v1/servers|volumes|images|networks|load_balancers/*", "delete", "Deletes a machine, volume or image."),
  PLATFORM.destroys("DELETE /**", "delete", "Deletes a resource of a hosting platform with its data."),
  TERRAFORM.destroys("DELETE /api/v2/workspaces|organizations|projects/**", "delete", "Deletes a workspace with its state, or what holds it.", { safer: "Use safe-delete, which refuses while resources are managed." }),
  TERRAFORM.writes("POST /api/v2/workspaces/*/actions/safe-delete", "safeDelete", "Deletes a workspace that manages nothing."),
  TERRAFORM.destroys("POST /api/v2/runs", "destroyRun", "Plans the destruction of everything that a workspace manages.", { text: /"is-destroy"\s*:\s*true/ }),
];

const STORES: readonly HttpRule[] = [
  { ...SEARCH.destroys("DELETE /_all", "deleteAll", "Deletes every index.", { safer: "Name the index; take a snapshot first.", blast: { extent: "all", count: null } }), path: /^\/(_all|\*)\/?$/ },
  SEARCH.destroys("POST /**/_delete_by_query", "deleteByQuery", "Deletes every document that the query matches.", { safer: "Count with the same query first." }),
  SEARCH.destroys("POST|PUT /**/_bulk", "bulkDelete", "Deletes documents.", { text: /\{\s*"delete"\s*:/ }),
  SEARCH.stops("POST /*/_close", "closeIndex", "Takes an index out of service: nothing is written to it or found in it until it is opened again.", { safer: "Block writes alone (index.blocks.write)." }),
  SEARCH.destroys("POST|PUT /_cluster/reroute", "loseShard", "Accepts the loss of a shard's data.", { text: /"accept_data_loss"\s*:\s*true/ }),
  SEARCH.governs("PUT /_cluster/settings", "clusterSettings", "Changes how the cluster logs or recovers.", { text: HARMLESS_SETTINGS }),
  SEARCH.unprotects("cluster-settings")("PUT /_cluster/settings", "clusterSettings", "Changes settings of the whole cluster: where shards may lie, whether it takes writes, whether a deletion must name its index.", { safer: "Read them first; set the ones that are not named by a pattern, one by one." }),
  SEARCH.unprotects("retention")("POST /_ilm|_slm/stop", "stopLifecycle", "Stops snapshots, or what moves and keeps old indexes."),
  SEARCH.destroys("DELETE /_snapshot/**", "deleteSnapshot", "Deletes a snapshot, or forgets where they are kept.", { rule: "protection.backup" }),
  DOCKER.destroys("POST /v*.*/volumes|system/prune", "prune", "Deletes every volume that no container uses.", { blast: { extent: "all", count: null } }),
  DOCKER.destroys("DELETE /v*.*/volumes/*", "deleteVolume", "Deletes a volume with its data."),
  DOCKER.discards("DELETE /v*.*/containers|images|networks/**", "delete", "Deletes a container, image or network; volumes stay."),
  VAULT.unprotects("audit")("DELETE /v1/sys/audit/**", "disableAudit", "Stops the audit log."),
  VAULT.destroys("DELETE /v1/sys/mounts|auth|raw|namespaces/**", "disableEngine", "Takes a secrets engine or login away with everything in it."),
  VAULT.destroys("DELETE /v1/secret|kv/metadata/**", "deleteSecret", "Deletes every version of a secret."),
  VAULT.destroys("POST|PUT /v1/secret|kv/destroy/**", "destroySecret", "Destroys versions of a secret."),
  VAULT.discards("DELETE /v1/secret|kv/data/**", "deleteVersion", "Deletes the newest version of a secret; it can be undeleted."),
  UPSTASH.destroys("ANY /flushall|flushdb/**", "flush", "Deletes every key.", { blast: { extent: "all", count: null } }),
  UPSTASH.destroys("ANY /del|unlink|getdel/**", "delete", "Deletes keys."),
];

const SERVICES: readonly HttpRule[] = [
  SLACK.destroys("ANY /api/chat.delete|files.delete|conversations.delete|admin.conversations.delete|canvases.delete", "delete", "Deletes a message, file or channel."),
  SLACK.governs("ANY /api/conversations.archive|conversations.kick|admin.users.remove|usergroups.disable", "membership", "Archives a channel or takes people out of it."),
  SLACK.publishes("ANY /api/chat.postMessage|chat.scheduleMessage|chat.update|files.upload|chat.meMessage", "post", "Posts to people."),
  IDENTITY.destroys("DELETE /api/v*/users|clients|connections|organizations|apps|groups|tenants/*", "delete", "Deletes users, applications or connections of a login service."),
  IDENTITY.unprotects("audit")("DELETE /api/v*/log-streams|logStreams/*", "deleteLogStream", "Stops the stream of the log."),
];

export const PLATFORM_RULES: readonly HttpRule[] = [...CLOUD_PLATFORMS, ...STORES, ...SERVICES];
