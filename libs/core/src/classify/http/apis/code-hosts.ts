/** GitHub, GitLab and Bitbucket over REST. */
import { api, type HttpRule } from "./rule.ts";

const GITHUB = api("github", /(^|\.)api\.github\.com$|^github\./);
const REPO = "/repos/*/*";

const GITHUB_RULES: readonly HttpRule[] = [
  GITHUB.destroys(`DELETE ${REPO}`, "deleteRepository", "Deletes the repository with issues, releases and wiki.", { safer: "Archive the repository instead." }),
  GITHUB.destroys(`DELETE ${REPO}/git/refs/**`, "deleteRef", "Deletes a branch or tag."),
  GITHUB.destroys("DELETE /orgs/*", "deleteOrganization", "Deletes the organization with all its repositories."),
  GITHUB.destroys("DELETE /orgs|users|user/**/packages/**", "deletePackage", "Deletes a package or a version of it; who depends on it fails to build.", { safer: "Deprecate the version." }),
  GITHUB.destroys(`DELETE ${REPO}/releases/**`, "deleteRelease", "Deletes a release or a file of it.", { safer: "Make it a draft." }),
  GITHUB.destroys("DELETE /repos|orgs/**/actions|dependabot|codespaces/secrets/*", "deleteSecret", "Deletes a secret; its value cannot be read back first."),
  GITHUB.destroys(`DELETE ${REPO}/environments/*`, "deleteEnvironment", "Deletes an environment with its secrets and protection."),
  GITHUB.discards(`DELETE ${REPO}/actions/caches/**`, "deleteCache", "Drops a build cache; the next build fills it again."),
  GITHUB.discards(`DELETE ${REPO}/contents/**`, "deleteFile", "Deletes a file in a new commit; the history keeps it."),
  GITHUB.writes(`DELETE ${REPO}/issues|pulls/*/labels|assignees|requested_reviewers|lock|sub_issue/**`, "unassign", "Takes a label or assignment away; it can be put back."),
  GITHUB.writes(`DELETE ${REPO}/**/reactions/*`, "unassign", "Takes a reaction away; it can be put back."),
  GITHUB.writes(`DELETE ${REPO}/subscription`, "unwatch", "Stops watching a repository."),
  GITHUB.writes("DELETE /user/starred|following|subscriptions/**", "unwatch", "Takes a star or subscription away."),
  GITHUB.writes("DELETE /notifications/threads/**", "unwatch", "Mutes or finishes a notification."),
  GITHUB.destroys(`PATCH ${REPO}/git/refs/**`, "forceUpdateRef", "Moves a branch by force; commits that only it held are lost.", { text: /"force"\s*:\s*true/, safer: "Update without `force`." }),
  GITHUB.unprotects("code")(`DELETE ${REPO}/branches/*/protection/**`, "removeBranchProtection", "Takes rules from a branch: history can be overwritten, or changed without review, from then on."),
  GITHUB.unprotects("code")("DELETE /repos|orgs/**/rulesets/*", "deleteRuleset", "Deletes rules that branches or tags are kept by."),
  GITHUB.governs(`* ${REPO}/branches/*/protection/**`, "branchProtection", "Changes the rules of a branch."),
  GITHUB.unprotects("audit")("DELETE /orgs|enterprises/*/audit-log/streams/*", "deleteAuditStream", "Stops the stream of the audit log."),
  { ...GITHUB.governs(`POST ${REPO}/transfer`, "transferRepository", "Gives the repository to another owner."), reversibility: "unknown" },
  GITHUB.publishes(`PATCH ${REPO}`, "publishRepository", "Makes the repository public; what was read cannot be unread.", { text: /"(private"\s*:\s*false|visibility"\s*:\s*"public")/ }),
  GITHUB.writes(`PATCH ${REPO}`, "archiveRepository", "Archives the repository; it can be opened again.", { text: /"archived"\s*:\s*true/ }),
  GITHUB.publishes(`PUT ${REPO}/pulls/*/merge`, "mergePullRequest", "Merges a pull request."),
  GITHUB.runs(`POST ${REPO}/actions/workflows/*/dispatches`, "runWorkflow", "Runs a workflow."),
  GITHUB.governs("* /repos|orgs|teams/**/collaborators|teams|memberships|members|invitations/**", "membership", "Changes who may do what."),
];

const GITLAB = api("gitlab", /(^|\.)gitlab\./);
const PROJECT = "/api/v4/projects/*";

const GITLAB_RULES: readonly HttpRule[] = [
  GITLAB.destroys("DELETE /api/v4/projects|groups/*", "deleteProject", "Deletes the project or group with everything in it.", { safer: "Archive the project instead." }),
  GITLAB.destroys(`DELETE ${PROJECT}/repository/branches|tags/*`, "deleteRef", "Deletes a branch or tag."),
  GITLAB.destroys(`DELETE ${PROJECT}/repository/merged_branches`, "deleteMergedBranches", "Deletes every branch that was merged.", { blast: { extent: "all", count: null } }),
  GITLAB.destroys("DELETE /api/v4/projects|groups/*/packages|registry|releases/**", "deletePackage", "Deletes packages, images or releases; who depends on them fails to build."),
  GITLAB.unprotects("code")(`DELETE ${PROJECT}/protected_branches|protected_tags|push_rule|approval_rules/**`, "unprotect", "Takes rules from branches or tags."),
  GITLAB.discards(`DELETE ${PROJECT}/repository/files/**`, "deleteFile", "Deletes a file in a new commit; the history keeps it."),
  GITLAB.governs("* /api/v4/projects|groups/*/members/**", "membership", "Changes who may do what."),
];

const BITBUCKET = api("bitbucket", /(^|\.)api\.bitbucket\.org$/);

const BITBUCKET_RULES: readonly HttpRule[] = [
  BITBUCKET.destroys("DELETE /2.0/repositories/*/*", "deleteRepository", "Deletes the repository."),
  BITBUCKET.destroys("DELETE /2.0/repositories/*/*/refs/**", "deleteRef", "Deletes a branch or tag."),
  BITBUCKET.unprotects("code")("DELETE /2.0/repositories/*/*/branch-restrictions/*", "unprotect", "Takes a restriction from branches."),
];

export const CODE_HOSTS: readonly HttpRule[] = [...GITHUB_RULES, ...GITLAB_RULES, ...BITBUCKET_RULES];
