/**
 * Words in names of operations and tools, and what they do. Knowledge alone; how a name is read is `verbs.ts`.
 * The first class that lists a word decides.
 */
import type { Effect, Reversibility } from "@tripline/model";

export interface VerbClass {
  readonly effect: Effect;
  readonly reversibility: Reversibility;
  /** Replaces or removes what is there, or runs what may: not only adds. */
  readonly overwrites: boolean;
  readonly words: string;
}

export const CLASSES: readonly VerbClass[] = [
  {
    effect: "delete",
    reversibility: "irreversible",
    overwrites: true,
    words:
      "delete destroy drop purge wipe terminate erase remove truncate obliterate nuke shred expunge flush uninstall " +
      "deprovision teardown decommission reset force rm rmdir del unpublish prune revert rollback overwrite",
  },
  { effect: "delete", reversibility: "unknown", overwrites: true, words: "cleanup empty evict discard deregister unregister unprovision dismantle forget trash" },
  // Whoever holds what is revoked stops working, and no one gets the old secret back.
  { effect: "admin", reversibility: "unknown", overwrites: true, words: "revoke rotate regenerate deauthorize unauthorize" },
  { effect: "admin", reversibility: "recoverable", overwrites: true, words: "detach disassociate dissociate disable deactivate suspend" },
  {
    effect: "admin",
    reversibility: "recoverable",
    overwrites: false,
    words: "grant invite promote demote authorize transfer ban block unblock share unshare allow disallow deny enroll unenroll delegate assume impersonate federate",
  },
  { effect: "publish", reversibility: "unknown", overwrites: false, words: "publish send resend release email pay charge refund broadcast tweet notify purchase buy checkout redeem" },
  // A deployment takes the place of the one that runs, and what is merged in replaces lines of what it is merged into.
  { effect: "publish", reversibility: "unknown", overwrites: true, words: "deploy redeploy merge" },
  { effect: "execute", reversibility: "unknown", overwrites: true, words: "run rerun exec execute invoke call trigger dispatch eval apply perform inject stop kill shutdown abort interrupt" },
  { effect: "execute", reversibility: "unknown", overwrites: false, words: "start restart reboot launch resume pause retry rerequest replay initiate" },
  {
    effect: "write",
    reversibility: "unknown",
    overwrites: true,
    words:
      "update edit write set patch upsert modify save configure reconfigure put change replace resize scale move cancel clear restore sync synchronize " +
      "resync rebase amend mutate override swap switchover failover migrate upgrade downgrade manage lifecycle administer refresh rebuild recreate reindex " +
      "invalidate convert reassign unassign unlink untag unsubscribe unset transform decrease shrink reallocate withdraw expire",
  },
  {
    effect: "write",
    reversibility: "unknown",
    overwrites: false,
    words:
      "rename enable activate reactivate append archive unarchive close reopen lock unlock attach assign mark unmark import schedule reschedule " +
      "toggle link click press fill type push commit star unstar pin unpin follow unfollow like unlike dismiss unresolve minimize unminimize hide unhide mute unmute " +
      "exclude include approve reject accept decline confirm complete prepare finish finalize submit reorder reprioritize prioritize request rate vote flag report tag associate join leave opt " +
      "increase extend renew load ingest use undelete untrash recover process receive acknowledge enqueue dequeue connect disconnect store record switch sign",
  },
  {
    effect: "create",
    reversibility: "recoverable",
    overwrites: false,
    words:
      "create add insert new register provision upload make open post comment reply subscribe book fork clone copy duplicate generate mkdir " +
      "init initialize bootstrap setup scaffold install build compile draft allocate reserve replicate backup snapshot react",
  },
];

/** A verb that names the loss of a thing, not one that has harmless uses as well (`remove` from a cart, `reset` a filter). */
export const STRICT: ReadonlySet<string> = wordSet("delete destroy drop purge wipe terminate erase obliterate nuke shred truncate expunge");

/** Decides wherever it stands, though it is no loss by itself: what is forced was refused before. */
export const FORCING: ReadonlySet<string> = wordSet("force");

export const READS: ReadonlySet<string> = wordSet(
  "list get read search fetch find show describe view query count check status lookup inspect head stat browse ls cat grep glob " +
    "download export preview validate verify test scan explain analyze analyse info tail tree watch wait poll whoami select ping parse extract resolve access calculate compare " +
    "retrieve discover detect recognize identify diagnose troubleshoot monitor estimate simulate render aggregate summarize summarise classify diff peek inquire recommend suggest " +
    "match explore traverse walk observe think translate synthesize screenshot lint audit locate visualize is has are",
);

/** At the tail most of those are nouns (`DecreaseReplicaCount`); these are still verbs. */
export const TAIL_READS: ReadonlySet<string> = wordSet("list get read search fetch find show describe lookup inspect browse view retrieve troubleshoot diagnose discover explain validate preview analyze query check ping");

/** Never an object: at the end these are the verb even of a name that begins with another (`deploy_plan_get`). */
export const ONLY_TAILS: ReadonlySet<string> = wordSet("get describe show");

/** A name that holds no verb but one of these tells what it gives (`db-stats`, `fleet_status_live`). */
export const READ_NOUNS: ReadonlySet<string> = wordSet(
  "log logs stats stat statistics status info information schema schemas summary metrics details metadata usage history count counts size sizes index indexes indices version versions " +
    "health performance overview top tree structure balance contents help docs documentation capabilities catalog inventory guide best practices total report guidance example examples pricing forecast",
);

/**
 * Verbs that are nouns as well: `release_get` gets a release, `access-list` is no listing. Beside a word that can only be a verb
 * these are taken for nouns.
 */
export const ALSO_NOUNS: ReadonlySet<string> = wordSet(
  "access archive audit empty backup book branch build call change charge check checkout clone comment commit copy count draft dump email export file flag force fork help head history import index " +
    "info inject install issue label launch leave like link list load lock log lookup match merge monitor move notify open order patch pause pay pin poll post preview process profile pull purchase push " +
    "query rate record refund release reply report request reserve rebuild review run sample scale scan schedule search share sign snapshot sort star start stat status stop store stream switch sync tag tail " +
    "task test top trace transfer tree trigger type use view vote wait watch lifecycle is has are revert rollback trash upgrade",
);

/** Rather nouns where they are one word of a command line or of a function's name (`velero snapshot delete`, `pg_snapshot_xmin`). */
export const GROUPS: ReadonlySet<string> = wordSet("snapshot backup connect record process report tag store switch type use load request rate vote flag draft sign build test");

/** Things that are listed and viewed, though their names are verbs as well: `release_list` lists releases, `copy_list` copies a list. */
export const LISTED: ReadonlySet<string> = wordSet(
  "backup book branch build change check comment commit draft email file fork image index invoice issue label lease lock log message order patch pin post process profile project purchase query record release " +
    "report request review run sample schedule snapshot stat stream tag task test trace transfer trigger type vote",
);

/** How they are listed. */
export const LISTINGS: ReadonlySet<string> = wordSet("list view search lookup");

/** The same where they are the whole name. */
export const LONE_NOUNS: ReadonlySet<string> = wordSet("log logs stats status info schema summary metrics");

/** Not the act itself but how it is done, before the verb (`BatchGetItem`, `bulk_delete`). */
export const MODIFIERS: ReadonlySet<string> = wordSet("batch bulk async multi auto mass quick admin try partially permanently safely begin re");

/** After these comes what for, where or with what: no longer what is done. */
export const PREPOSITIONS: ReadonlySet<string> = wordSet("in for to from with by on of as at into via without after before between using");

/** A destroying verb after one of these is a property that is set (`updateMembersCanDeleteSetting`, `setDeleteOnTermination`). */
export const MODALS: ReadonlySet<string> = wordSet("can may should allow allows allowed auto on after before if when for prevent no not never without");

/** Before these words, too: `setDeleteOnTermination`. */
export const OCCASIONS: ReadonlySet<string> = wordSet("on after before when if");

/** Nouns that make of a destroying verb before them a property (`createDeleteMarker`, `enable_delete_protection`). */
export const PROPERTIES: ReadonlySet<string> = wordSet("protection policy setting settings permission permissions marker markers lock rule rules hook hooks event events notification notifications template flag option");

/** Heads that take a loss back or keep it from happening (`projectScheduleDeleteCancel`, `CancelKeyDeletion`). */
export const CALLS_OFF: ReadonlySet<string> = wordSet("cancel abort undo prevent reject decline deny unschedule");

/**
 * Records whose service keeps every earlier state (timelines of issues and pull requests, events of billing): to change one is
 * to add to its history.
 */
export const KEEPS_HISTORY: ReadonlySet<string> = wordSet("issue issues pull pr merge ticket tickets gist subscription invoice dispute");

/** Meanings that verb and object have together. The first row that fits decides; `*` is any other word. */
export interface Pair {
  readonly verbs: ReadonlySet<string>;
  readonly nouns: ReadonlySet<string>;
  /** The verb is all there is. */
  readonly alone?: true;
  readonly effect: Effect;
  readonly reversibility: Reversibility;
  readonly overwrites?: true;
}

const pair = (verbs: string, nouns: string, effect: Effect, reversibility: Reversibility, more: Pick<Pair, "alone" | "overwrites"> = {}): Pair => ({
  verbs: wordSet(verbs), nouns: wordSet(nouns), effect, reversibility, ...more,
});

export const PAIRS: readonly Pair[] = [
  pair("cancel abort undo prevent reject deny", "deletion termination erasure", "write", "recoverable"),
  pair("test", "connection connectivity permission permissions access iam credentials", "read", "reversible"),
  pair("get retrieve", "credentials", "admin", "recoverable"),
  pair("revert", "pull pr merge", "create", "recoverable"),
  // Starting a workload adds one.
  pair("run", "pod pods container containers instance instances task tasks image machine vm server job jobs workload", "create", "recoverable"),
  pair("open", "file files document documents page pages note notes node nodes folder directory book article image url link tab view workbook", "read", "reversible"),
  // Text for whoever asked.
  pair("generate", "types code sql query text snippet recommendations report", "read", "reversible"),
  pair("checkout", "git branch repo repository ref commit tag svn", "write", "recoverable"),
  // A session of the client's own.
  pair("connect disconnect", "cluster database db deployment server session instance host", "read", "reversible", { alone: true }),
  pair("resolve unresolve", "thread threads issue issues alert alerts incident comment comments conversation discussion ticket finding findings case", "write", "recoverable"),
  pair("verify", "email domain identity phone", "write", "recoverable"),
  // What is tested is run.
  pair("test", "*", "execute", "recoverable"),
  pair("export", "to", "write", "recoverable"),
  pair("transfer", "money fund funds balance amount", "publish", "unknown"),
  pair("move", "trash bin", "delete", "recoverable", { overwrites: true }),
  pair("complete commit finalize prepare", "migration migrations", "write", "unknown", { overwrites: true }),
  // What is planned or asked for comes to pass unless someone steps in.
  pair("schedule request start initiate execute confirm approve submit queue begin", "deletion termination erasure", "delete", "irreversible", { overwrites: true }),
];

function wordSet(words: string): ReadonlySet<string> {
  return new Set(words.split(" "));
}

/** What is removed from one of these is taken off it and stays what it is. */
export const COLLECTIONS: ReadonlySet<string> = new Set("cart basket wishlist watchlist favorite favorites favourite favourites bookmark bookmarks playlist shortlist".split(" "));
