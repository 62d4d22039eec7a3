/** Hosting beyond the three large clouds: virtual machines, databases and functions rented by the hour. */
import { builds, destroys, discards, overwrites, publishes, reads, unprotects, type World, writes } from "./world.ts";

const OPERATOR = "Take a snapshot or backup that this credential cannot delete.";

const MACHINES: World = {
  name: "platform",
  programs: "doctl hcloud linode-cli vultr-cli vultr scw oci openstack yc ibmcloud exo civo upctl ovhcloud aliyun tccli gridscale lightsailctl nova cinder rackspace triton",
  withValue: "--label --tag --tags --root_pass --ssh-keys --region --format -o --output --image --size --compartment-id --profile --project --zone --name --text --type -f",
  place: "--context -t",
  verbDepth: 4,
  rules: [
    destroys("compute|server|linodes|instance|bare-metal|node|vps droplet-action|rebuild|reinstall|restore|rescue|halt", "Overwrites a machine's disk by an image.", { text: /\b(rebuild|reinstall|restore)\b/, name: "rebuild", safer: OPERATOR }),
    destroys("compute|server|linodes|instance droplet-action|poweroff|reset|power-off|halt|reboot|shutdown|stop|change-type", "Cuts a machine's power.", { text: /\b(power-off|poweroff|power-cycle|reset|halt)\b/, name: "power-off" }),
    unprotects("server|compute|linodes|image|volume|floating-ip|network|load-balancer|database disable-backup|disable-backups|disable-protection|droplet-action|backups-cancel", "Turns backups or protection off.", { text: /disable-backups?|disable-protection|backups-cancel/, name: "unprotect" }),
    destroys("volume|compute|volumes detach|volume-action", "Takes a volume from its machine.", { text: /\bdetach\b/, name: "volume-detach" }),
    destroys("load-balancer|compute|firewall|domains remove-target|remove-service|load-balancer|firewall|remove-droplets|remove-rules|remove-from-resource|delete-rule", "Takes machines from behind a load balancer, or rules from a firewall.", { text: /remove-/, name: "remove-target" }),
    destroys("registry|container-registry garbage-collection|gc start|run", "Deletes images that no tag names.", { name: "registry-gc" }),
    destroys("*", "Deletes, by the verb at its end.", { verb: /(^|\s)(\S+-)?(delete|destroy|terminate|remove|rm|purge|bulk-delete|records-delete|disk-delete)(\s|$)/, name: "delete", safer: OPERATOR }),
    reads("", "Reads the account.", { verb: /(^|\s)(list|ls|get|show|describe|view|info|version|help|account|auth list|whoami|status)(\s|$)/, name: "list" }),
  ],
};

const WRANGLER: World = {
  name: "platform",
  programs: "wrangler flarectl cloudflared",
  withValue: "-c --config --name --namespace-id --binding --command --file --expire-days --prefix",
  place: "-e --env",
  nouns: "deploy lock",
  verbDepth: 4,
  rules: [
    destroys("d1 execute", "Runs SQL on the remote database.", { text: /\b(drop|truncate)\b|\bdelete from \w+\s*(;|"|'|$)/i, name: "d1-destroy" }),
    overwrites("d1 time-travel restore", "Winds a database back.", { name: "d1-restore" }),
    unprotects("r2 bucket lifecycle|lock|cors|domain|notification|sippy|dev-url|catalog add|set|remove|delete|disable", "Makes objects expire, or takes a lock or an address from a bucket.", { name: "r2-unprotect" }),
    destroys("kv:key|kv:namespace|kv:bulk|r2|queues delete", "Deletes stored data.", { name: "kv-delete" }),
    destroys("kv|r2|queues|d1|pages|vectorize|hyperdrive|secret|dispatch-namespace|workflows|ai|tunnel|route|mtls-certificate|secrets-store|pipelines|containers|versions|deployments|triggers *", "Deletes stored data, a project or a part of it.", { verb: /(^|\s)(delete|purge|terminate|remove|disable|cleanup|delete-vectors)(\s|$)/, name: "delete" }),
    overwrites("rollback", "Puts an earlier version in front of everyone."),
    destroys("delete", "Deletes a worker."),
    destroys("dns|zone|firewall|page-rules|user-agents|zone-lockdown|d|z|railgun delete|purge|d", "Deletes a record, rule or cache of a zone.", { name: "zone-delete" }),
    reads("kv|r2|d1|pages|queues|secret|vectorize|hyperdrive|dns|zone|tunnel|deployments|versions|workflows *", "Reads what is stored.", { verb: /(^|\s)(list|get|info|view|status|ls|insights|export|download)(\s|$)/, name: "list" }),
    reads("tail|whoami|types|check|docs|telemetry|version", "Reads the project."),
    writes("d1 execute|migrations", "Changes a database.", { name: "d1-execute" }),
    publishes("deploy|publish|pages|versions|triggers", "Deploys."),
    builds("dev|init|login|logout|generate|build|setup", "Works locally."),
  ],
};

const BACKENDS: readonly World[] = [
  {
    name: "platform",
    programs: "supabase",
    withValue: "--project-ref --linked --db-url --schema -s -f --file --status --workdir -o --output --lang",
    nouns: "functions",
    verbDepth: 4,
    rules: [
      destroys("db reset", "Empties the database and applies the migrations again.", { name: "db-reset" }),
      destroys("stop", "Stops the local stack and deletes its data.", { flags: "--no-backup", name: "stop-no-backup" }),
      overwrites("migration repair|squash|down", "Rewrites the history of migrations.", { name: "migration-repair" }),
      destroys("secrets unset", "Deletes secrets; their values are not kept.", { name: "secrets-unset" }),
      destroys("storage rm|mv", "Deletes stored files.", { text: /\brm\b/, name: "storage-rm" }),
      unprotects("ssl-enforcement|network-restrictions|network-bans|postgres-config|vanity-subdomains|domains|sso|encryption update|delete|remove|update-root-key", "Turns a protection off, or takes an address or setting away.", { text: /--disable|\b(delete|remove)\b|update-root-key|0\.0\.0\.0\/0/, name: "unprotect" }),
      destroys("projects|branches|functions|orgs|snippets|backups|sso delete|remove|restore|disable", "Deletes a project, branch or function, or overwrites its database.", { name: "delete" }),
      overwrites("config push", "Overwrites the project's settings.", { name: "config-push" }),
      publishes("db|functions push|deploy", "Applies migrations or deploys.", { name: "db-push" }),
      reads("db|migration|functions|projects|branches|secrets|orgs|storage|inspect|snippets|backups|gen|status|services|network-bans|network-restrictions|ssl-enforcement|domains|sso", "Reads the project.", { text: /\b(list|ls|get|diff|dump|lint|types|status|show|info|db|reports|cp)\b|^(status|services|inspect)/ }),
      builds("start|stop|init|link|unlink|login|logout|bootstrap|migration|test|gen|db|functions|seed", "Works locally."),
    ],
  },
  {
    name: "platform",
    programs: "firebase",
    withValue: "--only --except --config -c --token --interactive -m --data",
    place: "-P --project",
    rules: [
      destroys("firestore:delete|firestore:databases:delete|database:remove|database:instances:disable|hosting:disable|hosting:sites:delete|hosting:channel:delete|functions:delete|functions:secrets:destroy|functions:secrets:prune|functions:config:unset|projects:delete|apps:delete|appdistribution:testers:remove|ext:uninstall|remoteconfig:rollback|auth:import|database:set|database:update|apps:android:sha:delete|apphosting:backends:delete|dataconnect:sql:migrate|firestore:backups:delete|firestore:backups:schedules:delete", "Deletes or overwrites data, a function or a site.", { name: "firebase-delete" }),
      publishes("deploy|hosting:clone|hosting:channel:deploy|ext:install|ext:update|remoteconfig:set", "Deploys."),
      reads("", "Reads the project.", { text: /^\S*(:list|:get|:export|:indexes|:log|:describe|:access)\b|^(projects:list|apps:list|help|login:list|--version|use$)/, name: "list" }),
      builds("emulators:start|emulators:exec|serve|init|use|login|logout|open|setup:web|target:apply|apps:sdkconfig", "Works locally."),
      writes("", "Changes the project.", { name: "change" }),
    ],
  },
  {
    name: "platform",
    programs: "cdk cdktf serverless sls sst amplify sam copilot eb chalice zappa ask arc claudia up begin encore ampt",
    withValue: "--stack --stage -s --profile --region -r --app -a --context -c --outputs-file --template",
    place: "--env -e --stage -s --profile",
    rules: [
      destroys("deploy", "Deploys what nobody has looked at, deletions among it.", { text: /--require-approval[= ]never|--no-confirm-changeset|--auto-approve|--force-delete/, name: "deploy-unasked", safer: "Show the difference first (cdk diff, a change set)." }),
      destroys("destroy|remove|delete|terminate|undeploy|unprovision", "Takes a whole stack with its data away."),
      destroys("env|environment|api|function|storage|auth|hosting|svc|app|job|pipeline|task|secret|stage|labs remove|delete|rm|terminate", "Takes a part of a stack away.", { name: "delete" }),
      overwrites("rollback|gc|unlock|unsafe", "Winds a stack back, or deletes what it no longer names.", { name: "rollback" }),
      reads("list|ls|diff|synth|status|logs|tail|info|metrics|doctor|docs|print|validate|events|health|show|version|get|import-check|metadata|acknowledge|notices|package", "Reads the stack."),
      publishes("deploy|push|publish|create|up|update|upgrade|swap|setenv|clone|restore", "Deploys."),
      builds("dev|build|init|start|local|invoke|offline|watch|bootstrap|generate|use|open|configure|console|synth|test|add|pull|codegen|mock|bind|shell|import|refresh|migrate", "Works locally."),
    ],
  },
];

/** Smaller ones, whose verbs are regular. */
const REST: readonly World[] = [
{
    name: "platform",
    programs: "netlify ntl render neonctl neon pscale turso cf sf xata upstash northflank koyeb convex eas surge aptible gigalixir clever dokku caprover coolify porter qovery platform upsun appwrite nhost deta deno-deploy deployctl zeabur modal beam fal replicate confluent atlascli aiven avn aura nuon pantheon terminus acquia acli wpengine",
    withValue: "--project-ref --project-id -p --org --branch --database --format -o --output --filter --app-id --stack --region -s --stage",
    place: "--env -e --project --context --target",
    nouns: "deploy",
    verbDepth: 4,
    rules: [
      destroys("remove|destroy|delete|down|sites:delete|env:unset", "Takes a whole stack, site or database away."),
      destroys("database|branch|deploy-request|password|backup|service-token|keyspace|org|role delete|revert|demote|close|update-settings|restore-cluster", "Deletes a database, a branch, a password or a backup, or turns a protection of it off.", { text: /\b(delete|revert|demote|restore)\b|--(disable|allow|no)-|=false/, name: "database-delete" }),
      destroys("db|group|org|plan tokens|destroy|invalidate|unarchive|rotate", "Destroys a database, or every token for it.", { text: /\b(destroy|invalidate|rotate)\b/, name: "db-destroy" }),
      destroys("delete-service|delete-org|delete-space|delete-route|delete-user|delete-domain|delete-orphaned-routes|delete-service-key|delete-security-group|purge-service-instance|purge-service-offering|unbind-service|unset-env|unset-org-role|unset-space-role|unmap-route|stop|cancel-deployment|disable-ssh|disable-feature-flag", "Takes an app, a service or a right away.", { name: "cf-delete" }),
      destroys("import", "Replaces what the deployment holds.", { text: /--replace(-all)?\b/, name: "import-replace" }),
      destroys("api", "Deletes over the platform's interface.", { text: /^api\s+(delete|remove|cancel|purge|disable|unlink|rollback|lock)[A-Z]?\w*/, name: "api-delete" }),
      reads("api", "Reads over the platform's interface.", { text: /^api\s+(get|list|search)\w*|^api --list/, name: "api-read" }),
      overwrites("branches|branch restore|reset", "Overwrites a branch of the database.", { name: "branch-restore" }),
      publishes("deploy|publish|up|push|app:deploy", "Deploys."),
      reads("list|ls|status|logs|whoami|info|diff|synth|help|tail|functions:log|sites:list|env:list|projects:list|doctor", "Reads the project."),
      builds("dev|build|init|link|start|serve|emulators:start|gen|types|login|bootstrap", "Works locally."),
      publishes("db push", "Applies migrations.", { name: "db-push" }),
      discards("cache purge|clear", "Empties a cache."),
    ],
  },
];

export const HOSTING: readonly World[] = [MACHINES, WRANGLER, ...BACKENDS, ...REST];
