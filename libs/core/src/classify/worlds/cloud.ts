/** The three large clouds. Their verbs are regular, so the tables hold what the verb does not tell. */
import { destroys, discards, governs, governsForGood, overwrites, publishes, reads, type World, writes } from "./world.ts";

const SNAPSHOT = "Take a final snapshot, kept in another account.";

const AWS: World = {
  name: "aws",
  programs: "aws awslocal",
  withValue: "--region --output --query --endpoint-url --filters --cli-input-json --db-instance-identifier --db-cluster-identifier --instance-ids --volume-id --snapshot-id --bucket --key --table-name --stack-name --function-name --user-name --role-name --policy-name --policy-arn --key-id --secret-id --name --names --exclude --include --backup-vault-name --recovery-point-arn --final-db-snapshot-identifier --cluster --service --desired-count --pending-window-in-days --backup-retention-period --versioning-configuration --lifecycle-configuration --delete --hosted-zone-id --change-batch --trail-name",
  place: "--profile",
  nouns: "deploy configure connect batch",
  verbFrom: 1,
  dry: "--generate-cli-skeleton",
  rules: [
    destroys("s3 rb", "Deletes a bucket.", { name: "s3.rb" }),
    destroys("s3 rm", "Deletes every object below a prefix.", { flags: "--recursive", name: "s3.rm-recursive", safer: "aws s3 ls first; turn versioning on." }),
    destroys("s3 rm", "Deletes an object.", { name: "s3.rm" }),
    destroys("s3 sync", "Deletes at the target what the source does not hold.", { text: /--delete\b/, name: "s3.sync-delete", safer: "Add --dryrun first." }),
    writes("s3 cp|mv|sync|mb|website", "Copies or moves objects.", { name: "s3.copy" }),
    reads("s3 ls|presign", "Lists objects.", { name: "s3.ls" }),
    destroys("s3api put-bucket-lifecycle-configuration|put-bucket-lifecycle", "Sets rules by which objects expire.", { name: "s3api.lifecycle" }),
    destroys("s3api put-bucket-versioning", "Turns versioning off: deletion is for ever from then on.", { text: /Suspended/, name: "s3api.versioning-off" }),
    destroys("rds modify-db-instance|modify-db-cluster", "Takes protection or backups from a database.", { text: /--no-deletion-protection|--backup-retention-period 0/, name: "rds.unprotect" }),
    destroys("rds delete-db-instance|delete-db-cluster", "Deletes a database with its automatic backups.", { name: "rds.delete", safer: SNAPSHOT }),
    destroys("rds delete-db-snapshot|delete-db-cluster-snapshot|delete-db-instance-automated-backup", "Deletes a backup.", { name: "rds.delete-backup" }),
    destroys("backup delete-recovery-point|delete-backup-vault|delete-backup-plan|delete-backup-vault-access-policy|delete-backup-vault-lock-configuration", "Deletes backups or what protects them.", { name: "backup.delete" }),
    destroys("ec2 terminate-instances", "Terminates machines; their local disks are lost.", { name: "ec2.terminate", safer: "Stop them instead." }),
    destroys("ec2 delete-snapshot", "Deletes a backup of a disk.", { name: "ec2.delete-snapshot" }),
    destroys("ec2 deregister-image", "Takes a machine image away.", { name: "ec2.deregister-image" }),
    governs("ec2 modify-instance-attribute", "Takes termination protection away.", { text: /--no-disable-api-termination/, name: "ec2.unprotect" }),
    destroys("kms schedule-key-deletion|disable-key|delete-imported-key-material", "Takes a key away: what it encrypts cannot be read.", { name: "kms.destroy-key" }),
    destroys("secretsmanager delete-secret", "Deletes a secret at once.", { flags: "--force-delete-without-recovery", name: "secretsmanager.delete-force" }),
    discards("secretsmanager delete-secret", "Deletes a secret after a waiting time.", { name: "secretsmanager.delete" }),
    destroys("cloudtrail stop-logging|delete-trail", "Stops the audit log.", { name: "cloudtrail.stop" }),
    destroys("dynamodb batch-write-item", "Deletes items.", { text: /DeleteRequest/, name: "dynamodb.batch-delete" }),
    destroys("ecs update-service", "Stops every task of a service.", { flags: "--desired-count=0", name: "ecs.scale-to-zero" }),
    destroys("route53 change-resource-record-sets", "Deletes DNS records.", { text: /"?Action"?\s*[:=]\s*"?DELETE/, name: "route53.delete-records" }),
    overwrites("rds restore-db-instance-to-point-in-time|restore-db-cluster-to-point-in-time", "Restores a database.", { name: "rds.restore" }),
    governs("iam attach-user-policy|attach-role-policy|attach-group-policy|put-user-policy|put-role-policy|put-group-policy|create-access-key|update-access-key|delete-access-key|add-user-to-group|create-login-profile|update-assume-role-policy|detach-role-policy|detach-user-policy|create-policy|create-role|create-user|pass-role", "Changes who may do what.", { name: "iam.change" }),
    governsForGood("organizations leave-organization|close-account|remove-account-from-organization", "Takes an account out of the organization.", { name: "organizations.leave" }),
    governs("configure", "Changes stored credentials."),
    publishes("sns|ses|sesv2|sqs publish|send-email|send-raw-email|send-message", "Sends a message.", { name: "send" }),
    destroys("sns unsubscribe", "Takes a subscription away.", { name: "sns.unsubscribe" }),
    destroys("sqs purge-queue", "Deletes every message of a queue.", { name: "sqs.purge" }),
    reads("sts|ce|pricing|support|sso|help", "Reads the account."),
    reads("logs tail|filter-log-events|start-query", "Reads logs.", { name: "logs.read" }),
    reads("* wait", "Waits.", { name: "wait" }),
  ],
};

const GOOGLE: World = {
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
    destroys("sql instances patch", "Takes protection or backups from a database.", { text: /--no-deletion-protection|--no-backup/, name: "sql.unprotect" }),
    governs("projects|organizations|iam add-iam-policy-binding|remove-iam-policy-binding|set-iam-policy", "Changes who may do what.", { name: "iam.change" }),
    destroys("iam service-accounts|roles|workload-identity-pools delete|disable", "Takes an identity or role away.", { name: "iam.delete" }),
    governs("iam|config|auth", "Changes rights or stored credentials."),
    publishes("app|run|functions deploy", "Deploys.", { name: "deploy" }),
    reads("info|version|help|topic", "Reads the set-up."),
  ],
};

const STORAGE: World = {
  name: "gsutil",
  programs: "gsutil",
  withValue: "-h -o -u",
  rules: [
    destroys("rm|rb", "Deletes objects or buckets.", { safer: "gsutil ls first; turn versioning on." }),
    destroys("rsync", "Deletes at the target what the source does not hold.", { flags: "-d", name: "rsync-delete", safer: "gsutil rsync -n first." }),
    destroys("versioning set off", "Turns versioning off."),
    destroys("lifecycle set", "Sets rules by which objects expire."),
    governs("iam|acl|defacl|kms|hmac", "Changes who may read or write."),
    reads("ls|cat|du|stat|hash|version|help", "Reads objects."),
    writes("cp|mv|rsync|mb|setmeta|web|versioning|lifecycle|compose|rewrite", "Copies or changes objects."),
  ],
};

const AZURE: World = {
  name: "az",
  programs: "az",
  withValue: "-g --resource-group -n --name -o --output --location -l --query --ids --account-name --container-name --vault-name --server --role --assignee --scope",
  place: "--subscription",
  nouns: "deployment",
  verbDepth: 6,
  dry: "--what-if",
  rules: [
    destroys("group delete", "Deletes a resource group with everything in it."),
    destroys("storage blob delete-batch", "Deletes many blobs.", { name: "storage.delete-batch" }),
    destroys("keyvault purge", "Deletes a vault beyond recovery."),
    destroys("backup protection disable", "Stops backups.", { name: "backup.disable" }),
    governs("role assignment|definition create|delete|update", "Changes who may do what.", { name: "role.change" }),
    destroys("lock delete", "Takes a deletion lock away."),
    writes("deployment group create", "Deploys a template.", { without: "--mode=Complete" }),
    reads("account|login|logout|version|find|feedback", "Reads the account."),
  ],
};

export const CLOUDS: readonly World[] = [AWS, GOOGLE, STORAGE, AZURE];
