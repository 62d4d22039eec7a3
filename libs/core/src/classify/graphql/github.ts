/** GitHub's GraphQL API: what the verbs of its mutations do not tell. */
import type { Arguments, GraphqlService, MutationRule } from "./service.ts";

const inputOf = (args: Arguments): Arguments => (typeof args["input"] === "object" && args["input"] !== null ? (args["input"] as Arguments) : {});
/** Stated, or unknown because the input came in by a variable that was not sent. */
const isForced = (value: unknown): boolean => value === true || value === "true" || value === undefined;

/** Small marks that anyone can put back; asked about all the same, since others see them. */
const UNMARKS = "removeReaction removeStar removeUpvote removeLabelsFromLabelable removeAssigneesFromAssignable removeSubIssue clearLabelsFromLabelable unlinkProjectV2FromRepository unlinkProjectV2FromTeam dequeuePullRequest";
/** States that are changed back by another call, with the history kept. */
const STATES = "closeIssue reopenIssue closePullRequest reopenPullRequest closeDiscussion reopenDiscussion lockLockable unlockLockable pinIssue unpinIssue markPullRequestReadyForReview convertPullRequestToDraft archiveProjectV2Item unarchiveProjectV2Item archiveRepository unarchiveRepository minimizeComment unminimizeComment markFileAsViewed unmarkFileAsViewed updateIssue updatePullRequest moveProjectCard updateProjectV2ItemPosition";

const many = (fields: string, rule: Omit<MutationRule, "field">): MutationRule[] => fields.split(" ").map((field) => ({ field, ...rule }));

const MUTATIONS: readonly MutationRule[] = [
  {
    field: "updateRef",
    when: (args) => args["input"] === undefined || ("force" in inputOf(args) && isForced(inputOf(args)["force"])),
    effect: "delete",
    reversibility: "irreversible",
    reason: "Moves a branch by force; commits that only it held are lost.",
    safer: "Update without `force`.",
  },
  {
    field: "updateRefs",
    when: (args) => args["input"] === undefined || /"force":\s*(true|"true")/.test(JSON.stringify(args)),
    effect: "delete",
    reversibility: "irreversible",
    reason: "Moves branches by force; commits that only they held are lost.",
    safer: "Update without `force`.",
  },
  { field: "createCommitOnBranch", effect: "write", reversibility: "recoverable", reason: "Commits to a branch; the history keeps what was.", overwrites: false },
  { field: "revertPullRequest", effect: "create", reversibility: "recoverable", reason: "Opens a pull request that takes another back." },
  { field: "deleteLinkedBranch", effect: "write", reversibility: "unknown", reason: "Takes the link from an issue to a branch; the branch stays." },
  { field: "deleteProjectV2Item", effect: "delete", reversibility: "unknown", reason: "Takes an item off a project; the issue stays, the item's fields do not." },
  { field: "transferIssue", effect: "write", reversibility: "unknown", reason: "Moves an issue to another repository; labels and milestone may be lost." },
  ...many(UNMARKS, { effect: "write", reversibility: "unknown", reason: "Takes a mark or a link away; it can be put back." }),
  ...many(STATES, { effect: "write", reversibility: "recoverable", reason: "Changes a state whose history is kept.", overwrites: false }),
];

export const GITHUB: GraphqlService = {
  name: "github",
  hosts: /(^|\.)api\.github\.com$|^github\./,
  path: null,
  mutations: MUTATIONS.map((rule) => ({ ...rule, shared: true })),
};
