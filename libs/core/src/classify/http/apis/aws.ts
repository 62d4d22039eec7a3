/**
 * AWS over HTTP. Its operation stands in `Action=` (query protocol) or in the X-Amz-Target header (JSON protocol); services that speak
 * REST, S3 first, tell by method and path. Operations are regular, so the table holds what their verbs do not tell.
 */
import type { Knowledge } from "../../compose.ts";
import { ec2DryRun } from "./dry-run.ts";
import { api, type HttpRule } from "./rule.ts";

export const AWS_HOST = /\.(amazonaws\.com(\.cn)?|api\.aws)$/;
const S3_HOST = /(^|\.)s3[.-].*amazonaws\.com(\.cn)?$|^s3\.amazonaws\.com$|(^|\.)s3[.-].*\.api\.aws$|\.r2\.cloudflarestorage\.com$|\.digitaloceanspaces\.com$|\.backblazeb2\.com$|\.wasabisys\.com$|(^|\.)minio\./;

export interface AwsOperation extends Omit<Knowledge, "operation"> {
  /** Names of operations, the services' prefixes left out. */
  readonly names: RegExp;
  /** Tested on the request's parameters as text. */
  readonly text?: RegExp;
  readonly onlyIf?: (url: URL, body: string | null) => boolean;
  /** `protection.<kind>` where the operation takes one away. */
  readonly rule?: string;
}

const row = (effect: Knowledge["effect"], reversibility: Knowledge["reversibility"]) => (names: RegExp, reason: string, extra: Partial<AwsOperation> = {}): AwsOperation => ({ names, effect, reversibility, reason, ...extra });
const destroys = row("delete", "irreversible");
const discards = row("delete", "recoverable");
const writes = row("write", "recoverable");
const governs = row("admin", "recoverable");
const governsForGood = row("admin", "irreversible");

const SNAPSHOT = "Take a final snapshot, kept in another account.";

export const AWS_OPERATIONS: readonly AwsOperation[] = [
  { ...writes(/./, "Only checks whether the call would be allowed."), effect: "read", reversibility: "reversible", onlyIf: ec2DryRun },
  destroys(/^(PutBucketLifecycle(Configuration)?|PutLifecyclePolicy|PutLifecycleConfiguration)$/, "Sets rules by which objects or images expire.", { safer: "Begin with a rule for one prefix." }),
  destroys(/^Delete(DBInstance|DBCluster|Cluster|CacheCluster|ReplicationGroup|FileSystem|Table|Domain|GlobalCluster|ServerlessCache)$/, "Deletes a store with its data.", { safer: SNAPSHOT }),
  destroys(/^(Delete(RecoveryPoint|BackupVault|Backup|DBSnapshot|DBClusterSnapshot|Snapshot|DBInstanceAutomatedBackup)|DeregisterImage)$/, "Deletes a backup.", { rule: "protection.backup", safer: "Let backups expire by their retention." }),
  destroys(/^(ScheduleKeyDeletion|DisableKey|DeleteImportedKeyMaterial|DeleteAlias)$/, "Takes a key away: what it encrypts cannot be read.", { safer: "Watch the key's use for a month first." }),
  destroys(/^DeleteSecret$/, "Deletes a secret at once.", { text: /ForceDeleteWithoutRecovery"?\s*[:=]\s*true/i }),
  discards(/^DeleteSecret$/, "Deletes a secret after a waiting time.", { safer: "RestoreSecret takes it back within that time." }),
  writes(/^DeleteMessage(Batch)?$/, "Takes a message that was worked off from a queue."),
  writes(/^(UntagResources?|UntagResource|DeleteTags|RemoveTags\w*)$/, "Takes tags away; they can be put back."),
  discards(/^Delete(Alarms|Dashboards?|LogStream|Rule|Schedule)$/, "Deletes what watches or starts other things; it can be made again."),
  destroys(/^BatchWriteItem$/, "Deletes items.", { text: /DeleteRequest/ }),
  destroys(/^TransactWriteItems$/, "Deletes items.", { text: /"Delete"\s*:/ }),
  destroys(/^ChangeResourceRecordSets$/, "Deletes DNS records.", { text: /"?Action"?\s*[:=>]\s*"?DELETE/i }),
  destroys(/^(UpdateService|SetDesiredCapacity|UpdateAutoScalingGroup)$/, "Stops everything that a service runs.", { text: /"?(desiredCount|DesiredCapacity|MaxSize)"?\s*[:=]\s*"?0\b/i, safer: "Scale to one." }),
  destroys(/^RestoreTable\w*|^RestoreDB\w*$/, "Restores a database.", { effect: "write", overwrites: true, safer: "Restore into a new instance and switch." }),
  governsForGood(/^(LeaveOrganization|CloseAccount|RemoveAccountFromOrganization|DeleteOrganization)$/, "Takes an account out of the organization."),
  governsForGood(/^(StopLogging|DeleteTrail|DeleteFlowLogs|DeleteEventDataStore|StopConfigurationRecorder|DeleteConfigurationRecorder|DeleteDetector|DisableSecurityHub|DisableMacie)$/, "Stops the audit log or what watches the account.", { rule: "protection.audit", safer: "Leave it on; filter where it is read." }),
  governs(/^(Attach|Detach|Put|Delete)(User|Role|Group)Policy$|^(Create|Delete|Update)(AccessKey|LoginProfile)$|^UpdateAssumeRolePolicy$|^(AddUserTo|RemoveUserFrom)Group$|^PassRole$|^PutResourcePolicy$|^(Put|Delete)BucketPolicy$|^PutBucketAcl$|^PutKeyPolicy$|^(Add|Remove)Permission$|^Modify(Snapshot|Image)Attribute$/, "Changes who may do what.", { overwrites: true }),
];

/** Whatever stands around the name, a byte order mark or white space, some server takes away. */
const AROUND = String.raw`(?:%[0-9a-f]{2}|[^&=;\w]){0,16}`;
const ACTION = new RegExp(String.raw`(?:^|[?&;\s])${AROUND}Action${AROUND}=[^&;\w%]{0,16}([a-z%\d]+)`, "gi");

/** The operations that a request names, in no order; none where method and path tell: S3 overlooks names, and so does whoever is sent a PUT or a DELETE. */
export function awsOperations(host: string, method: string, text: string, target: string | undefined): string[] {
  if (!AWS_HOST.test(host) || S3_HOST.test(host) || /^(?:PUT|PATCH|DELETE)$/.test(method)) return [];
  const found = Array.from(text.matchAll(ACTION), ([, name]) => unescaped(name!));
  const named = found.length > MAX_NAMES ? [...found.slice(0, MAX_NAMES), UNREAD_OPERATION] : found;
  const targeted = target?.trim().split(".").at(-1) ?? "";
  return targeted === "" ? named : [...named, targeted];
}

const MAX_NAMES = 16;
/** Stands for what lies beyond them: no operation has this name, so nobody knows what it does. */
const UNREAD_OPERATION = "Unread";

/** The server reads what an encoding stands for. */
const unescaped = (name: string): string => name.replace(/%([2-7][0-9a-f])/gi, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16)));

const S3 = api("s3", S3_HOST);
const REST = api("aws", AWS_HOST);

export const AWS_RULES: readonly HttpRule[] = [
  S3.unprotects("versioning")("PUT /**", "suspendVersioning", "Turns versioning off: from then on what is overwritten or deleted is gone.", { text: /^\?versioning\b[^]*<Status>\s*Suspended/i }),
  S3.destroys("PUT /**", "putLifecycle", "Sets rules by which objects expire.", { text: /^\?lifecycle\b/, safer: "Begin with a rule for one prefix." }),
  S3.discards("DELETE /**", "deleteTagging", "Takes tags away; they can be put back.", { text: /^\?tagging(?=[=&\s]|$)/ }),
  S3.governs("DELETE /**", "deleteSetting", "Takes a setting from a bucket.", { text: /^\?(?:cors|website|metrics|analytics|inventory|lifecycle|intelligent-tiering)(?=[=&\s]|$)/ }),
  S3.unprotects("retention")("DELETE /**", "deleteProtection", "Takes what guards a bucket: its policy, encryption, ownership, replication or public access block.", { text: /^\?(policy|encryption|publicAccessBlock|ownershipControls|replication|object-lock)\b/ }),
  S3.governs("PUT /**", "putPolicy", "Changes who may read or write.", { text: /^\?(policy|acl|publicAccessBlock|ownershipControls)\b/ }),
  S3.destroys("POST /**", "deleteObjects", "Deletes up to 1,000 objects at once.", { text: /^\?(?:[^ ]*[&;])?delete(?=[=&;\s]|$)|<Delete\b/, safer: "Turn versioning on first." }),
  S3.discards("DELETE /**", "abortUpload", "Drops parts of an upload that was not finished.", { text: /^\?([^ ]*&)?uploadId=/ }),
  S3.destroys("DELETE /", "deleteBucket", "Deletes a bucket.", { safer: "Empty buckets cost nothing." }),
  { ...S3.destroys("DELETE /*", "deleteBucket", "Deletes a bucket."), host: /^s3[.-]/ },
  S3.destroys("DELETE /**", "deleteObject", "Deletes an object; without versioning nothing restores it.", { safer: "Turn versioning on first." }),
  REST.unprotects("backup")("DELETE /**/backup|backup-vaults|backup-plans|backups|recovery-points/**", "deleteBackup", "Deletes backups or what makes them."),
  REST.writes("DELETE /**/tags/**", "untag", "Takes tags away; they can be put back."),
  REST.writes("DELETE /tags/**", "untag", "Takes tags away; they can be put back."),
  REST.destroys("DELETE /**", "delete", "Deletes an AWS resource.", { safer: SNAPSHOT }),
];
