/** Google Cloud: gcloud, gsutil and bq. */
import { destroys, governs, governsForGood, overwrites, publishes, reads, type World, writes } from "./world.ts";

const GCLOUD: World = {
  name: "gcloud",
  programs: "gcloud",
  withValue: "--region --zone --format --filter --member --role --location  --impersonate-service-account --instance --database --cluster --image",
  place: "--project --configuration --account",
  nouns: "run deploy app functions alpha beta builds services sql",
  verbDepth: 6,
  rules: [
    destroys("projects delete", "Shuts a project down with everything in it."),
    destroys("sql backups delete", "Deletes a backup.", { name: "sql.delete-backup" }),
    overwrites("sql backups restore", "Overwrites a database with an older backup.", { name: "sql.restore" }),
    destroys("kms keys versions destroy", "Takes a key away: what it encrypts cannot be read.", { name: "kms.destroy-key" }),
    governs("projects|organizations|iam add-iam-policy-binding|remove-iam-policy-binding|set-iam-policy", "Changes who may do what.", { name: "iam.change" }),
    destroys("iam service-accounts keys delete|disable", "Deletes a key; it cannot be had again.", { name: "iam.key-delete" }),
    destroys("iam service-accounts|roles|workload-identity-pools delete|disable", "Takes an identity or role away.", { name: "iam.delete" }),
    destroys("storage rsync", "Deletes at the target what the source does not hold.", { flags: "--delete-unmatched-destination-objects", name: "storage.rsync-delete", safer: "Add --dry-run first." }),
    writes("storage cp|mv|rsync", "Copies or moves objects.", { name: "storage.copy" }),
    reads("storage ls|cat|du|hash|objects|buckets", "Reads objects.", { text: /^storage (ls|cat|du|hash|(objects|buckets) (list|describe))/, name: "storage.read" }),
    destroys("pubsub subscriptions seek", "Marks messages as handled that nobody has handled, or sends them again.", { name: "pubsub.seek" }),
    destroys("compute instances|instance-groups reset|resize|delete-instances", "Stops machines without letting them shut down.", { text: /\breset\b|--size[= ]0\b|delete-instances/, name: "compute.reset" }),
    destroys("compute instance-groups managed resize", "Deletes every machine of a group.", { text: /--size[= ]0\b/, name: "compute.scale-to-zero" }),
    governsForGood("compute|sql|redis|alloydb|workstations|notebooks|app|run|dataproc|composer instances|clusters|versions|services stop|suspend|restart|failover|reset", "Stops machines or a database: what they were doing is cut off.", { name: "stop" }),
    destroys("container clusters resize", "Deletes every node.", { text: /--(num-nodes|size)[= ]0\b/, name: "container.scale-to-zero" }),
    destroys("compute backend-services|target-pools|instance-groups remove-backend|remove-instances|remove-health-checks", "Takes machines from behind a load balancer.", { name: "compute.remove-backend" }),
    destroys("compute images|snapshots|addresses|project-info deprecate|remove-metadata|delete", "Takes an image, snapshot or address away.", { text: /\bdelete\b|remove-metadata|OBSOLETE|DELETED/, name: "compute.delete-image" }),
    destroys("auth|config revoke|delete|configurations", "Deletes stored credentials or a configuration.", { text: /^auth (application-default )?revoke|configurations delete/, name: "auth.revoke" }),
    governs("iam|config|auth", "Changes rights or stored credentials."),
    publishes("app|run|functions deploy", "Deploys.", { name: "deploy" }),
    reads("info|version|help|topic", "Reads the set-up."),
  ],
};

const GSUTIL: World = {
  name: "gsutil",
  programs: "gsutil",
  withValue: "-h -o -u",
  rules: [
    destroys("rm|rb", "Deletes objects or buckets.", { safer: "gsutil ls first; turn versioning on." }),
    destroys("rsync", "Deletes at the target what the source does not hold.", { flags: "-d", name: "rsync-delete", safer: "gsutil rsync -n first." }),
    governs("iam|acl|defacl|kms|hmac", "Changes who may read or write."),
    reads("ls|cat|du|stat|hash|version|help", "Reads objects."),
    writes("cp|mv|rsync|mb|setmeta|web|versioning|lifecycle|compose|rewrite", "Copies or changes objects."),
  ],
};

const BIGQUERY: World = {
  name: "bq",
  programs: "bq",
  dry: "--dry_run",
  withValue: "--project_id --dataset_id --location --format --expiration --schema --max_rows -n --source_format",
  place: "--project_id",
  rules: [
    destroys("rm", "Deletes a dataset with its tables, or a table.", { safer: "bq ls first; a table's snapshot keeps seven days." }),
    destroys("update|mk", "Makes a dataset or table expire.", { text: /--(default_table_|default_partition_|time_partitioning_)?expiration[= ][1-9]/, name: "expiration" }),
    overwrites("load|cp|restore", "Replaces a table.", { flags: "--replace|-f|--force", name: "replace" }),
    overwrites("query", "Replaces a table by a query's result.", { flags: "--replace", name: "replace" }),
    reads("ls|show|head|query|version|help|info|get-iam-policy|wait|extract", "Reads datasets.", { text: /^(?!.*\b(drop|truncate|delete|merge|update)\b)/i }),
    writes("load|mk|update|cp|insert|mkdef|query|add-iam-policy-binding|set-iam-policy|partition|undelete|cancel", "Changes datasets."),
  ],
};

export const GOOGLE: readonly World[] = [GCLOUD, GSUTIL, BIGQUERY];
