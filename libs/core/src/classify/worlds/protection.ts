/**
 * Disabling protection first: what keeps a later deletion from being final, or from being seen, is taken away. Nothing is lost yet, which
 * is why it passes where deletions are watched; so these rows are a class of their own (rule ids begin with `protection.`) and count as
 * irreversible. They are asked before the other rows of their world.
 */
import { followedBy } from "../followed-by.ts";
import { type CliRule, unprotects } from "./world.ts";

const AWS: readonly CliRule[] = [
  unprotects("ec2 modify-instance-attribute", "Takes termination protection away.", { text: /--no-disable-api-(termination|stop)|disableApi(Termination|Stop)\s+--value[= ](false|0)|"?Value"?\s*[:=]\s*"?false/i, name: "ec2.unprotect" }),
  unprotects("rds|docdb|neptune modify-db-instance|modify-db-cluster", "Takes deletion protection or backups from a database.", { text: /--no-deletion-protection|--backup-retention-period[= ]0\b|--no-enable-/, name: "rds.unprotect" }),
  unprotects("* *", "Takes deletion protection away.", { text: /--no-deletion-protection(-enabled)?\b|--deletion-protection(-enabled|-check)?[= ]"?(false|inactive|disabled)|deletion[_.-]?protection(\.enabled)?"?\s*(,\s*Value\s*)?[=:]\s*"?(false|inactive|disabled)|--no-termination-protected|--no-enable-termination-protection|--no-protected-from-scale-in/i, name: "unprotect" }),
  unprotects("dynamodb update-continuous-backups", "Turns point-in-time recovery off.", { text: /PointInTimeRecoveryEnabled"?[=:]\s*"?false/i, name: "dynamodb.backups-off" }),
  unprotects("s3api put-bucket-versioning", "Turns versioning off: deletion is for ever from then on.", { text: /Suspended|MFADelete"?[=:]\s*"?Disabled/, name: "s3api.versioning-off" }),
  unprotects("s3api|s3control put-bucket-lifecycle-configuration|put-bucket-lifecycle", "Sets rules by which objects expire.", { name: "s3api.lifecycle" }),
  unprotects("s3api delete-bucket-policy|delete-bucket-encryption|delete-bucket-replication|delete-bucket-lifecycle|delete-bucket-ownership-controls|delete-bucket-tagging", "Takes a bucket's policy, encryption or replication away.", { name: "s3api.unprotect" }),
  unprotects("s3api|s3control delete-public-access-block", "Lets a bucket be made public.", { name: "s3api.public-access" }),
  unprotects("s3api|s3control put-public-access-block", "Lets a bucket be made public.", { text: /(Block|Ignore|Restrict)Public\w+"?[=:]\s*"?false/i, name: "s3api.public-access" }),
  unprotects("s3api put-bucket-acl|put-object-acl", "Makes stored objects public.", { text: /public-read|AllUsers|AuthenticatedUsers/, name: "s3api.public-access" }),
  unprotects("s3api put-object-legal-hold|put-object-retention|delete-object|delete-objects|put-object-lock-configuration", "Lifts a hold or retention on objects.", { text: /Status"?[=:]\s*"?OFF|--bypass-governance-retention|"?(Days|Years)"?[=:]\s*0\b/i, name: "s3api.object-lock-off" }),
  unprotects("s3api put-bucket-logging", "Turns access logs off.", { text: /--bucket-logging-status[= ]\{\s*\}/, name: "s3api.logging-off" }),
  unprotects("backup delete-backup-vault-lock-configuration|delete-backup-vault-access-policy|delete-backup-plan|delete-backup-selection|disassociate-recovery-point|put-backup-vault-access-policy", "Takes away what makes or guards backups.", { name: "backup.unprotect" }),
  unprotects("glacier abort-vault-lock|delete-vault-access-policy", "Takes a vault's lock away.", { name: "glacier.unlock" }),
  unprotects("cloudtrail stop-logging|delete-trail|delete-event-data-store", "Stops the audit log.", { name: "cloudtrail.stop" }),
  unprotects("cloudtrail update-trail|put-event-selectors", "Narrows the audit log.", { text: /--no-(include-global-service-events|is-multi-region-trail|enable-log-file-validation)|ReadWriteType"?[=:]\s*"?ReadOnly/, name: "cloudtrail.narrow" }),
  unprotects("logs put-retention-policy", "Makes logs expire within days.", { text: /--retention-in-days[= ][1-7]\b/, name: "logs.retention" }),
  unprotects("cloudwatch|logs|events|scheduler disable-alarm-actions|delete-alarms|delete-anomaly-detector|delete-metric-filter|disable-rule|delete-subscription-filter|delete-resource-policy", "Turns alarms or what feeds them off.", { name: "alarms-off" }),
  unprotects("guardduty|securityhub|macie2|inspector2|detective|access-analyzer|accessanalyzer|auditmanager|shield|fms|config|configservice disable-security-hub|disable-macie|disable|delete-detector|delete-analyzer|delete-protection|delete-subscription|stop-configuration-recorder|delete-configuration-recorder|delete-delivery-channel|delete-config-rule|delete-graph|deregister-account|delete-policy|disassociate-members|delete-members|stop-monitoring-members", "Turns a security service off.", { name: "security-off" }),
  unprotects("cloudwatch put-metric-alarm|put-composite-alarm", "Keeps an alarm from telling anybody.", { flags: "--no-actions-enabled", name: "alarms-off" }),
  unprotects("guardduty update-detector", "Turns a security service off.", { flags: "--no-enable", name: "security-off" }),
  unprotects("wafv2|waf|waf-regional disassociate-web-acl|delete-web-acl|delete-logging-configuration|delete-rule-group|delete-ip-set", "Takes a firewall from what it protects.", { name: "waf-off" }),
  unprotects("ec2 delete-flow-logs|disable-ebs-encryption-by-default|disable-snapshot-block-public-access|disable-image-block-public-access|disable-image-deregistration-protection|disable-fast-snapshot-restores", "Turns a protection or a log of the network off.", { name: "ec2.protection-off" }),
  unprotects("ec2 modify-snapshot-attribute|modify-image-attribute", "Gives a disk's image to everyone.", { text: /Group=all|"?Group"?\s*:\s*"?all|--group-names[= ]all/i, name: "ec2.share-public" }),
  unprotects("rds modify-db-snapshot-attribute|modify-db-cluster-snapshot-attribute", "Gives a database's snapshot to everyone.", { text: /--values-to-add[= ]\S*all/, name: "rds.share-public" }),
  unprotects("redshift|elasticache|opensearch|fsx|neptune modify-cluster|modify-replication-group|modify-cache-cluster|update-file-system|modify-db-cluster", "Turns automatic backups off.", { text: /(retention-period|retention-limit|RetentionDays)"?[=: ]\s*0\b/, name: "backups-off" }),
  unprotects("efs put-backup-policy", "Turns backups off.", { text: /Status"?[=:]\s*"?DISABLED/i, name: "backups-off" }),
  unprotects("iam deactivate-mfa-device|delete-virtual-mfa-device|delete-account-password-policy|delete-user-permissions-boundary|delete-role-permissions-boundary|delete-saml-provider|delete-open-id-connect-provider", "Takes a check on identities away.", { name: "iam.unprotect" }),
  unprotects("kms put-key-policy", "Gives a key away past the check that keeps its owner from locking themselves out.", { flags: "--bypass-policy-lockout-safety-check", name: "kms.lockout" }),
  unprotects("kms disable-key-rotation|retire-grant|revoke-grant", "Takes a key's rotation or grants away.", { name: "kms.unprotect" }),
  unprotects("secretsmanager cancel-rotate-secret|delete-resource-policy|remove-regions-from-replication|stop-replication-to-replica", "Stops a secret's rotation, policy or replicas.", { name: "secretsmanager.unprotect" }),
  unprotects("secretsmanager update-secret", "Changes the key that a secret is kept under: whoever owns that key decides who reads it.", { flags: "--kms-key-id", name: "secretsmanager.rekey" }),
  unprotects("secretsmanager put-resource-policy", "Changes who may read a secret, others included.", { text: /"?Principal"?\s*:\s*"?\*|--no-block-public-policy/, name: "secretsmanager.public" }),
  unprotects("organizations detach-policy|disable-policy-type|delete-policy|disable-aws-service-access|deregister-delegated-administrator", "Takes an organization's guard rails away.", { name: "organizations.unprotect" }),
  unprotects("sqs set-queue-attributes", "Makes messages expire within minutes, or drops the dead-letter queue.", { text: /MessageRetentionPeriod"?[=:]\s*"?\d{1,3}\b|RedrivePolicy"?[=:]\s*"?"?(\s|$)/, name: "sqs.retention" }),
  unprotects("ecr put-lifecycle-policy|delete-repository-policy|delete-lifecycle-policy|put-image-tag-mutability", "Sets rules by which images expire, or lets tags be overwritten.", { text: /put-lifecycle-policy|delete-repository-policy|\bMUTABLE/, name: "ecr.unprotect" }),
];

const GOOGLE: readonly CliRule[] = [
  unprotects("*", "Takes deletion protection away.", { text: /--no-(deletion|delete|enable-deletion|termination)-protection|--(deletion|delete)-protection[= ]"?(false|disabled)|DELETE_PROTECTION_DISABLED/i, name: "unprotect" }),
  unprotects("sql instances patch", "Takes backups from a database.", { text: /--no-backup|--no-enable-point-in-time-recovery|--no-enable-bin-log|--retained-backups-count[= ][01]\b|--no-retain-backups-on-delete/, name: "sql.unprotect" }),
  unprotects("storage buckets update", "Takes versioning, retention or soft deletion from a bucket, or makes its objects expire.", { text: /--no-versioning|--clear-(soft-delete|retention-period|lifecycle|default-encryption-key|log-bucket|pap|public-access-prevention)|--lifecycle-file|--soft-delete-duration[= ]0|--no-(public-access-prevention|uniform-bucket-level-access)|--retention-period[= ]0/, name: "storage.unprotect" }),
  unprotects("storage objects|buckets update|add-iam-policy-binding", "Lifts a hold, or makes objects public.", { text: /--no-(temporary|event-based)-hold|--clear-retention|allUsers|allAuthenticatedUsers/, name: "storage.unprotect" }),
  unprotects("compute disks remove-resource-policies", "Takes a disk from its schedule of snapshots.", { name: "compute.snapshots-off" }),
  unprotects("compute resource-policies|security-policies|snapshot-schedule delete", "Deletes a schedule of snapshots, or a firewall's policy.", { name: "compute.policy-delete" }),
  unprotects("resource-manager|alpha|org-policies|access-context-manager liens|resource-manager|policies|delete|perimeters|reset delete|liens|reset|*", "Takes a lien or an organization's policy away.", { text: /\b(liens delete|org-policies (delete|reset)|perimeters delete|disable-enforce)\b/, name: "liens-delete" }),
  unprotects("logging sinks|buckets|metrics|exclusions|views|logs delete|update|create", "Deletes logs, or keeps them from being stored.", { text: /\bdelete\b|exclusions create|--retention-days[= ][1-7]\b|--disabled/, name: "logging.unprotect" }),
  unprotects("monitoring|alpha policies|monitoring|uptime|snoozes delete|policies|channels|create", "Turns alarms off.", { text: /\bdelete\b|snoozes create|--no-enabled/, name: "alarms-off" }),
  unprotects("kms keys|key-rings remove-rotation-schedule|update", "Stops a key's rotation.", { text: /remove-rotation-schedule|--remove-rotation-schedule/, name: "kms.unprotect" }),
  unprotects("services disable", "Turns a service off; what runs on it stops.", { name: "services-disable" }),
  unprotects("firestore|spanner|sql|bigtable backups|databases|backup-schedules|instances schedules|backup-schedules|delete|update", "Takes recovery from a database.", { text: /schedules (delete|update)|backup-schedules delete|--(no-enable-pitr|disable-pitr)|--clear-automated-backups|--disable-automated-backup/, name: "backups-off" }),
  unprotects("container clusters|node-pools update", "Takes a protection from a cluster.", { text: /--(no-enable-(binauthz|network-policy|shielded-nodes|master-authorized-networks|private-nodes|autorepair)|disable-(workload-identity|addons)|no-enable-legacy)/, name: "container.unprotect" }),
];

const AZURE: readonly CliRule[] = [
  unprotects("storage", "Takes versioning, soft deletion or access limits from storage.", { text: /(delete-policy update[^]*--enable[= ]false)|--enable-(delete-retention|container-delete-retention|versioning|change-feed|restore-policy)[= ]false|--default-action[= ]Allow|--allow-blob-public-access[= ]true|--public-access[= ](blob|container)|immutability-policy delete|legal-hold clear|--days-retained[= ][01]\b/i, name: "storage.unprotect" }),
  unprotects("storage account management-policy create|update", "Sets rules by which objects expire.", { name: "storage.lifecycle" }),
  unprotects("lock delete|update", "Takes a deletion lock away.", { name: "lock-delete" }),
  unprotects("resource|group|account lock delete", "Takes a deletion lock away.", { name: "lock-delete" }),
  unprotects("keyvault update|create|update-hsm", "Takes soft deletion or purge protection from a vault.", { text: /--enable-(purge-protection|soft-delete)[= ]false|--default-action[= ]Allow|--retention-days[= ]7\b/i, name: "keyvault.unprotect" }),
  unprotects("backup protection disable|undelete", "Stops backups.", { text: /disable/, name: "backup.disable" }),
  unprotects("backup vault backup-properties set", "Turns soft deletion of backups off.", { text: /--soft-delete\S*[= ]"?(disable|off)/i, name: "backup.soft-delete-off" }),
  unprotects("backup|dataprotection policy|backup-policy|resource-guard|vault delete|unlock|update", "Deletes what makes or guards backups.", { text: /\bdelete\b|unlock|--soft-delete-state[= ]"?off|--immutability-state[= ]"?disabled/i, name: "backup.policy" }),
  unprotects("sql|postgres|mysql|cosmosdb db|flexible-server|server|mi|midb|update ltr-policy|str-policy|update|threat-policy|audit-policy|*", "Shortens or stops backups, or turns auditing off.", { text: /--(weekly|monthly|yearly)-retention[= ]"?P?0|--(backup-retention|retention-days|diffbackup-hours)[= ]"?[0-7]\b|--state[= ]"?Disabled|--backup-policy-type/i, name: "sql.unprotect" }),
  unprotects("policy assignment|definition|exemption|set-definition delete|create", "Takes a policy away, or exempts from it.", { text: /\bdelete\b|exemption create/, name: "policy-off" }),
  unprotects("monitor|security|sentinel|network diagnostic-settings|activity-log|metrics|log-analytics|alert|pricing|auto-provisioning-setting|ddos-protection|watcher|action-group|log-profiles|data-collection|scheduled-query delete|alert|alerts|workspace|update|create|flow-log|rule|*", "Turns logs, alarms or a security service off.", { text: /^(?!(?:\S+ ){1,5}(?:list|show|get|wait|summarize|query)\b)[^]*(\bdelete\b|--enabled[= ]false|--tier[= ]"?free|--auto-provision[= ]"?off|--disabled[= ]true)/i, name: "monitor-off" }),
  unprotects("network application-gateway|front-door|nsg waf-policy|waf-config|waf-policy|rule delete|set|update", "Takes a firewall from what it protects.", { text: followedBy(/waf/i, /\bdelete\b|--enabled[= ]false|--state[= ]disabled|--mode[= ]detection/), name: "waf-off" }),
  unprotects("ad|rest|identity|ad conditional-access|user|* delete|update|*", "Takes a check on identities away.", { text: followedBy(/conditional-?access/i, /delete|disabled/), name: "identity-off" }),
];

const GSUTIL: readonly CliRule[] = [
  unprotects("versioning set off", "Turns versioning off."),
  unprotects("lifecycle set", "Sets rules by which objects expire."),
  unprotects("retention clear|set|event-default", "Takes a bucket's retention away, or sets it anew.", { text: /clear|set 0|release/, name: "retention-clear" }),
  unprotects("retention temp|event release", "Lifts a hold.", { name: "retention-clear" }),
  unprotects("logging|ubla|pap set off|inherited|unspecified", "Turns access logs or a check off.", { name: "logging-off" }),
  unprotects("iam|acl|defacl ch|set", "Makes objects public.", { text: /allUsers|AllUsers|public-read|allAuthenticatedUsers/, name: "public" }),
];

const KUBERNETES: readonly CliRule[] = [
  unprotects("patch", "Takes finalizers away, which lets deletion go through.", { text: /finalizers/, name: "patch-finalizers" }),
  unprotects("patch", "Lets a volume's data go with its claim.", { text: /persistentVolumeReclaimPolicy"?\s*:\s*"?(Delete|Recycle)/, name: "reclaim-delete" }),
  unprotects("annotate|label", "Takes the mark that keeps an object, or a policy of a namespace.", { text: /resource-policy-(\s|$)|pod-security\.kubernetes\.io\/\S+(-(\s|$)|=privileged)|prevent-deletion-|protect\w*-(\s|$)|(cert-manager|argocd|velero)\S*-(\s|$)/, name: "unmark" }),
  unprotects("delete poddisruptionbudget|poddisruptionbudgets|pdb|networkpolicy|networkpolicies|netpol|validatingwebhookconfiguration|validatingwebhookconfigurations|mutatingwebhookconfiguration|mutatingwebhookconfigurations|validatingadmissionpolicy|resourcequota|limitrange|podsecuritypolicy|constraint|clusterpolicy|volumesnapshotclass|backupschedule|schedule|backupstoragelocation", "Takes a guard of the cluster away: a disruption budget, a network or admission policy, a quota, a backup's schedule.", { name: "delete-guard" }),
];

const GITHUB: readonly CliRule[] = [
  unprotects("pr merge", "Merges past the rules of the branch.", { flags: "--admin", name: "merge-admin" }),
  unprotects("ruleset delete|disable", "Deletes a ruleset."),
  unprotects("workflow disable", "Turns a workflow off, checks and scans perhaps among them.", { name: "workflow-disable" }),
  unprotects("repo edit", "Changes who sees the repository.", { flags: "--visibility", name: "repo-visibility" }),
  unprotects("repo edit", "Turns a scan or a check off.", { text: /--enable-(secret-scanning|secret-scanning-push-protection|advanced-security)[= ]false/, name: "scanning-off" }),
];

const GIT: readonly CliRule[] = [
  unprotects("config", "Lets pushes rewrite or delete what others have.", { text: /receive\.deny(NonFastForwards|Deletes|DeleteCurrent)\s+(false|ignore|0)/i, name: "config-unprotect" }),
];

const TERRAFORM: readonly CliRule[] = [
  unprotects("force-unlock", "Breaks the lock that keeps two changes apart."),
  unprotects("*", "Applies without the lock that keeps two changes apart.", { text: /^(apply|destroy|import|state)\b[^]*-lock=false/, name: "no-lock" }),
];

const PULUMI: readonly CliRule[] = [
  unprotects("state unprotect", "Takes protection from resources.", { name: "state-unprotect" }),
  unprotects("policy|stack disable|rm|change-secrets-provider", "Takes a policy away.", { text: /^policy (disable|rm|remove)/, name: "policy-off" }),
];

const SECRETS: readonly CliRule[] = [unprotects("audit disable", "Turns the audit log off.", { name: "audit-off" })];

const EVERYTHING = "Gives an identity every right there is: nothing that others set up stops it from then on.";
const NEEDED = "Grant the rights that the task needs, on the resources that it names.";
/** The right to do everything, by the name that the provider gives it. A right to less is a change as any other. */
const grantsAll = (match: string, text: RegExp, name: string): CliRule => unprotects(match, EVERYTHING, { text, name, safer: NEEDED });

/** By the name of the world. */
export const PROTECTION: Readonly<Record<string, readonly CliRule[]>> = {
  aws: [...AWS, grantsAll("iam attach-user-policy|attach-role-policy|attach-group-policy", /:policy\/(AdministratorAccess|IAMFullAccess)(\s|$)/, "iam.grant-all"), grantsAll("iam put-user-policy|put-role-policy|put-group-policy|create-policy-version", /"Action"\s*:\s*(\[\s*)?"\*"/, "iam.grant-all")],
  gcloud: [...GOOGLE, grantsAll("projects|organizations|resource-manager", /\badd-iam-policy-binding\b[^]*--role[= ]roles\/(owner|resourcemanager\.organizationAdmin)(\s|$)/, "iam.grant-all")],
  gsutil: GSUTIL,
  az: [...AZURE, grantsAll("role assignment create", /--role[= ](Owner|User Access Administrator)(\s|$)/, "role.grant-all")],
  kubectl: [...KUBERNETES, grantsAll("create clusterrolebinding", /--clusterrole[= ]cluster-admin(\s|$)/, "rbac.grant-all")],
  gh: GITHUB,
  git: GIT,
  terraform: TERRAFORM,
  pulumi: PULUMI,
  secrets: SECRETS,
};
