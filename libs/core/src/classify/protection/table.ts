/** What keeps things from being lost, how it is turned off by an argument, and by an operation of its own. Knowledge alone. */
import type { Reversibility } from "@tripline/model";

export interface Protection {
  /** Second half of the rule's id: `protection.backup`. */
  readonly id: string;
  readonly reversibility: Reversibility;
  readonly reason: string;
  readonly safer: string;
}

const DELETION: Protection = {
  id: "deletion",
  reversibility: "irreversible",
  reason: "Takes deletion protection away: nothing stands before a deletion from then on.",
  safer: "Leave the protection on; have a human take it off for one deletion.",
};
const BACKUP: Protection = {
  id: "backup",
  reversibility: "irreversible",
  reason: "Stops backups or drops those that are kept: what is lost from then on stays lost.",
  safer: "Shorten the retention step by step, with a copy in another account.",
};
const VERSIONING: Protection = {
  id: "versioning",
  reversibility: "irreversible",
  reason: "Turns versioning off: from then on what is overwritten or deleted is gone.",
  safer: "Keep versioning on and let old versions expire.",
};
const RETENTION: Protection = {
  id: "retention",
  reversibility: "irreversible",
  reason: "Takes away what keeps deleted things for a while, or what forbids to delete them.",
  safer: "Leave the retention as it is.",
};
const FINAL_COPY: Protection = {
  id: "final-copy",
  reversibility: "irreversible",
  reason: "Asks for a deletion without the last copy or the waiting time that the service offers.",
  safer: "Let the service take its final snapshot.",
};
const AUDIT: Protection = {
  id: "audit",
  reversibility: "irreversible",
  reason: "Stops the audit log: what happens from then on is not recorded.",
  safer: "Leave the log on; filter it where it is read.",
};
const CODE: Protection = {
  id: "code",
  reversibility: "unknown",
  reason: "Takes rules from a branch: history can be overwritten, or changed without review, from then on.",
  safer: "Grant one exception to one person instead.",
};
const RECLAIM: Protection = {
  id: "reclaim",
  reversibility: "unknown",
  reason: "Has the data deleted together with what holds it.",
  safer: "Keep the policy at Retain.",
};

export interface ProtectingArgument {
  readonly protection: Protection;
  /** Tested on the words of the argument's path joined by `-`: `settings-backup-configuration-enabled`. */
  readonly name: RegExp;
  /** Tested on its value as text. */
  readonly off: RegExp;
}

const OFF = /^(false|0|off|no|none|null|disabled?|suspended?|inactive)$/i;
const ON = /^(true|1|on|yes|enabled?)$/i;
/** What may follow the name of a setting on its path. */
const END = "(-(value|enabled?|status|state|mode|configuration|policy|specification))*$";
const setting = (protection: Protection, names: string, off: RegExp = OFF): ProtectingArgument => ({ protection, name: new RegExp(`(^|-)(${names})${END}`), off });

export const PROTECTING_ARGUMENTS: readonly ProtectingArgument[] = [
  setting(DELETION, "(delete|deletion|termination|terminate|destroy|purge|stack)-protect(ion|ed)(-settings)?|prevent-(destroy|deletion)|termination-protected|disable-api-(termination|stop)|protect-from-(scale-in|deletion)|delete-lock"),
  setting(DELETION, "force-(destroy|delete-protected)", ON),
  setting(BACKUP, "backup-retention(-period|-days|-interval-in-hours)?|(automated|automatic|manual)-snapshot-retention-(period|limit)|snapshot-retention(-limit|-period|-days)?|retained-backups"),
  setting(BACKUP, "(automatic|automated|continuous|auto|daily|scheduled)-backups?|backup(s|-enabled|-configuration|-policy)?|point-in-time-(recovery|restore)(-enabled)?|pitr|auto-snapshot(s|-schedule)?"),
  setting(VERSIONING, "(bucket-|object-|blob-)?versioning|is-versioning-enabled"),
  setting(VERSIONING, "mfa-delete"),
  setting(RETENTION, "object-lock|soft-delet(e|ion)(-policy)?(-retention(-duration)?(-in)?(-days|-seconds)?)?|(delete|container-delete|blob-delete)-retention(-days)?|worm|legal-hold|immutab(le|ility)|retention-lock"),
  setting(RETENTION, "bypass-governance(-retention)?", ON),
  setting(FINAL_COPY, "skip-final-(snapshot|backup|cluster-snapshot)|force-delete-without-recovery|delete-automated-backups|skip-backup|no-backup|bypass-soft-delete", ON),
  setting(AUDIT, "audit-(log|logs|logging)|is-logging|log-file-validation|flow-logs?|cloud-?trail|include-management-events|is-multi-region-trail"),
  setting(CODE, "allows?-(force-push(es)?|deletions?)|bypass-branch-protection|allow-bypass", ON),
  setting(CODE, "requires?d?-((approving|pull-request|code-owner|approving-pull-request)-)?reviews?|requires?d?-(status-checks|signatures|commit-signatures|linear-history|conversation-resolution)|enforce-admins|is-admin-enforced|(protected-)?branch-protect(ion|ed)|push-protection"),
  setting(RECLAIM, "(deletion|reclaim|volume-reclaim|removal)-policy", /^(delete|destroy)$/i),
];

/** An operation that takes a protection away by its name: one of the verbs, and all words of one of the noun groups. */
export interface ProtectingName {
  readonly protection: Protection;
  /** Groups separated by `|`, words of a group by blanks. */
  readonly nouns: readonly (readonly string[])[];
}

const named = (protection: Protection, nouns: string): ProtectingName => ({ protection, nouns: nouns.split("|").map((group) => group.split(" ")) });

export const PROTECTING_NAMES: readonly ProtectingName[] = [
  named(CODE, "branch protection|branch protections|ruleset|rulesets|protected branch|protected branches|required reviews|required checks|push protection|push rule"),
  named(DELETION, "deletion protection|delete protection|termination protection|purge protection|destroy protection|deletion lock|delete lock|resource lock|management lock|management locks"),
  named(BACKUP, "backup plan|backup schedule|backup schedules|backup policy|backup config|backup configuration|backup protection|backup selection|backup vault lock|backup lock|automated backup|automated backups|continuous backups|auto backup|pitr|point recovery|snapshot schedule|snapshot policy|snapshot copy"),
  named(VERSIONING, "versioning"),
  named(RETENTION, "retention policy|retention|object lock|legal hold|soft delete|vault lock|recycle bin|worm"),
  named(AUDIT, "audit log|audit logs|audit logging|audit policy|audit trail|cloudtrail|trail|flow log|flow logs|log sink"),
];

/** Whole names: their verb and object mean no protection elsewhere. */
export const PROTECTING_OPERATIONS: ReadonlyMap<string, Protection> = new Map([
  ["stop-logging", AUDIT],
  ["disable-backup", BACKUP],
  ["disable-backups", BACKUP],
  ["stop-backups", BACKUP],
  ["suspend-backups", BACKUP],
  ["pause-backups", BACKUP],
  ["disable-protection", DELETION],
  ["remove-protection", DELETION],
  ["unprotect", DELETION],
  ["unprotect-branch", CODE],
]);

export const TAKES_AWAY: ReadonlySet<string> = new Set("disable delete remove suspend stop cancel pause detach deactivate unlock unset revoke clear drop destroy purge bypass disassociate abort dissociate end skip off reset".split(" "));
