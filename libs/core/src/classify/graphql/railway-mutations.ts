/**
 * Mutations of Railway's public API as they are known here, each reviewed: what it does, whether that can be undone, and why. Mutations that take something
 * away at least need an approval; those that this list does not name are judged by their verb like those of any service.
 */
import type { Effect, Reversibility } from "@tripline/model";

export type Row = readonly [field: string, reason: string, safer?: string];

export interface Reviewed {
  readonly effect: Effect;
  readonly reversibility: Reversibility;
  /** Other services have mutations of these names: they tell no service. */
  readonly shared: boolean;
  readonly rows: readonly Row[];
}

const BACKUP_SAFER = "Lock backups (volumeInstanceBackupLock) and keep copies outside the project.";

/** Destroying backups takes away the undo of every other mistake: the highest class. */
const BACKUPS: readonly Row[] = [
  ["volumeInstanceBackupDelete", "Deletes a backup of a volume; nothing restores it.", BACKUP_SAFER],
  ["volumeInstanceBackupRestore", "Overwrites the volume with an older backup; what was written since is lost.", "Restore into a new volume and switch."],
  ["volumeInstancePITRRestore", "Winds the database back to an earlier point in time; what was written since is lost.", "Restore into a new service and switch."],
  ["volumeInstanceBackupScheduleUpdate", "Replaces the backup schedule; an empty list stops backups.", BACKUP_SAFER],
  ["volumeInstanceBackupUnlock", "Takes the deletion lock off a backup.", BACKUP_SAFER],
];

const DESTROYS: readonly Row[] = [
  ["volumeDelete", "Deletes a volume with all its data and, with it, the backups kept on the volume.", "Detach the volume, take a backup outside the project, then have a human delete it."],
  ["volumeInstanceDelete", "Deletes the volume of one environment with its data.", "Take a backup outside the project first."],
  ["projectDelete", "Deletes the project with all services, volumes and environments.", "projectScheduleDelete leaves time to cancel."],
  ["projectScheduleDelete", "Schedules the project for deletion."],
  ["projectScheduleDeleteForce", "Deletes a scheduled project at once, without the waiting time."],
  ["environmentDelete", "Deletes an environment with its services and volumes."],
  ["serviceDelete", "Deletes a service and its deployments."],
  ["pluginDelete", "Deletes a database plugin with its data."],
  ["pluginReset", "Empties a database plugin."],
  ["pluginResetCredentials", "Replaces the credentials of a database; every service that holds the old ones fails."],
  ["bucketCredentialsReset", "Replaces the bucket's credentials; every holder of the old ones is cut off."],
  ["bucketDelete", "Deletes a bucket with its objects."],
  ["workspaceDelete", "Deletes the workspace with all its projects."],
  ["teamDelete", "Deletes the team with all its projects."],
  ["userDelete", "Deletes the user account."],
  ["variableDelete", "Deletes a variable; its value is not kept."],
  ["customDomainDelete", "Deletes a custom domain; traffic to it fails."],
  ["serviceDomainDelete", "Deletes a domain that Railway gave; another may take the name."],
  ["tcpProxyDelete", "Deletes a TCP proxy; its address is not given again."],
  ["deploymentRemove", "Removes a running deployment."],
  ["privateNetworkEndpointDelete", "Deletes the name by which services reach each other."],
  ["privateNetworksForEnvironmentDelete", "Deletes the private networks of an environment; its services no longer reach each other."],
  ["egressGatewayAssociationsClear", "Gives up the static outbound addresses; they are not given again."],
  ["templateDelete", "Deletes a template; who deploys from it fails."],
  ["preferenceOverridesDestroyAll", "Deletes every preference that was set for a resource."],
  ["twoFactorInfoDelete", "Takes the second factor from an account."],
  ["passkeyDelete", "Deletes a passkey; it cannot sign in again."],
];

/** Takes something away that can be made again, with effort, and not always the same. */
const TAKES_AWAY: readonly Row[] = [
  ["deploymentTriggerDelete", "Stops deployments on push."],
  ["webhookDelete", "Deletes a webhook; who listens hears no more."],
  ["integrationDelete", "Deletes a connection to another service."],
  ["notificationRuleDelete", "Deletes a rule by which people are told."],
  ["observabilityDashboardReset", "Puts a dashboard back to what it was at first."],
  ["usageLimitRemove", "Takes the limit off what may be spent."],
  ["featureFlagRemove", "Turns a feature off."],
  ["serviceFeatureFlagRemove", "Turns a feature of a service off."],
  ["userFlagsRemove", "Takes flags off a user."],
  ["serviceRemoveUpstreamUrl", "Cuts a service off from the template it came from."],
  ["templateServiceSourceEject", "Cuts a service off from the template it came from."],
  ["templateUnpublish", "Takes a template out of the market."],
  ["userDisconnectDiscord", "Cuts the connection to an account elsewhere."],
  ["providerAuthRemove", "Takes a way to sign in from an account."],
  ["serviceDisconnect", "Cuts a service off from its repository; deployments on push stop."],
];

const ACCESS_TAKEN: readonly Row[] = [
  ["apiTokenDelete", "Revokes an API token; what uses it stops working."],
  ["projectTokenDelete", "Revokes a project token; what uses it stops working."],
  ["sessionDelete", "Ends a login session."],
  ["workspaceUserRemove", "Removes a member from the workspace."],
  ["teamUserRemove", "Removes a member from the team."],
  ["projectMemberRemove", "Removes a member from the project."],
  ["projectInvitationDelete", "Takes an invitation back."],
  ["workspaceTrustedDomainDelete", "Takes away a domain whose people may join."],
  ["projectLeave", "Leaves the project; another member has to invite again."],
  ["workspaceLeave", "Leaves the workspace; another member has to invite again."],
  ["teamLeave", "Leaves the team; another member has to invite again."],
  ["projectTransfer", "Moves the project to another workspace, which then decides over it."],
  ["projectTransferConfirm", "Hands the project over."],
  ["projectTransferInitiate", "Offers the project to another owner."],
  ["projectTransferToTeam", "Moves the project to a team, which then decides over it."],
  ["teamBulkProjectTransfer", "Moves many projects to another team at once."],
  ["workspace2FAEnforcementUpdate", "Changes whether members need a second factor."],
];

const ACCESS_GIVEN: readonly Row[] = [
  ["apiTokenCreate", "Creates an API token that reaches all of its owner's projects."],
  ["projectTokenCreate", "Creates a token for one environment of a project."],
  ["workspaceUserInvite", "Invites somebody to the workspace."],
  ["teamUserInvite", "Invites somebody to the team."],
  ["projectInviteUser", "Invites somebody to the project."],
  ["projectInvitationCreate", "Invites somebody to the project."],
  ["projectInvitationResend", "Sends an invitation again."],
  ["projectInvitationAccept", "Joins a project."],
  ["inviteCodeUse", "Joins by a code."],
  ["workspaceInviteCodeCreate", "Makes a code by which others may join."],
  ["workspaceInviteCodeUse", "Joins a workspace by a code."],
  ["teamInviteCodeCreate", "Makes a code by which others may join."],
  ["teamInviteCodeUse", "Joins a team by a code."],
  ["workspaceTrustedDomainCreate", "Lets people of a mail domain join."],
  ["workspacePermissionChange", "Changes what a member may do."],
  ["teamPermissionChange", "Changes what a member may do."],
  ["projectMemberUpdate", "Changes what a member may do."],
  ["passkeyCreate", "Adds a way to sign in."],
  ["twoFactorInfoCreate", "Adds a second factor."],
  ["recoveryCodeGenerate", "Makes new recovery codes; the old ones no longer work."],
  ["loginSessionAuth", "Signs a command line in."],
  ["loginSessionConsume", "Signs a command line in."],
  ["loginSessionCreate", "Begins to sign a command line in."],
  ["loginSessionVerify", "Checks a code of a sign-in."],
  ["loginSessionCancel", "Calls a sign-in off."],
  ["logout", "Ends the own session."],
  ["projectClaim", "Takes a project that nobody owned."],
];

const CREATES: readonly Row[] = [
  ["projectCreate", "Makes a project."],
  ["environmentCreate", "Makes an environment."],
  ["serviceCreate", "Makes a service."],
  ["volumeCreate", "Makes a volume."],
  ["bucketCreate", "Makes a bucket."],
  ["pluginCreate", "Makes a database plugin."],
  ["volumeInstanceBackupCreate", "Takes a backup."],
  ["workspaceCreate", "Makes a workspace."],
  ["teamCreate", "Makes a team."],
  ["customDomainCreate", "Adds a domain to a service."],
  ["serviceDomainCreate", "Gives a service a domain."],
  ["tcpProxyCreate", "Opens a TCP port of a service to the world."],
  ["egressGatewayAssociationCreate", "Gives a service a static outbound address."],
  ["privateNetworkCreateOrGet", "Makes a private network where there is none."],
  ["privateNetworkEndpointCreateOrGet", "Names a service on a private network."],
  ["deploymentTriggerCreate", "Starts deployments on push."],
  ["webhookCreate", "Adds a webhook."],
  ["integrationCreate", "Connects another service."],
  ["notificationRuleCreate", "Adds a rule by which people are told."],
  ["observabilityDashboardCreate", "Makes a dashboard."],
  ["templateCreate", "Makes a template."],
  ["templateClone", "Copies a template."],
  ["templateGenerate", "Makes a template of a project."],
  ["preferenceOverridesCreate", "Sets preferences of a resource."],
  ["featureFlagAdd", "Turns a feature on."],
  ["serviceFeatureFlagAdd", "Turns a feature of a service on."],
];

/** Changes what runs. What ran before can be deployed again. */
const DEPLOYS: readonly Row[] = [
  ["serviceInstanceDeploy", "Deploys a service."],
  ["serviceInstanceDeployV2", "Deploys a service."],
  ["serviceInstanceRedeploy", "Deploys a service again."],
  ["deploymentRedeploy", "Deploys the same again."],
  ["deploymentRestart", "Restarts a deployment."],
  ["deploymentApprove", "Lets a waiting deployment go on."],
  ["environmentTriggersDeploy", "Deploys an environment."],
  ["environmentPatchCommit", "Changes an environment and deploys it."],
  ["environmentPatchCommitStaged", "Applies the changes that were staged and deploys them; staged deletions take place."],
  ["environmentUnskipService", "Lets a service be deployed that was skipped."],
  ["githubRepoDeploy", "Deploys a repository."],
  ["templateDeploy", "Deploys a template."],
  ["templateDeployV2", "Deploys a template."],
  ["dockerComposeImport", "Makes services of a compose file."],
  ["pluginRestart", "Restarts a database."],
  ["pluginStart", "Starts a database."],
  ["deploymentInstanceExecutionCreate", "Runs a command in a service."],
];

/** Stops what runs, or puts another state in its place, without a copy of the one that was. */
const REPLACES: readonly Row[] = [
  ["deploymentStop", "Stops a deployment; its service is down."],
  ["deploymentCancel", "Stops a deployment under way."],
  ["deploymentInstanceExecutionStop", "Stops a command in a service."],
  ["deploymentRollback", "Puts an earlier deployment back; data written for the newer one may not fit it."],
  ["baseEnvironmentOverride", "Puts another environment in the place of the base."],
  ["variableUpsert", "Sets a variable; an earlier value is not kept."],
  ["variableCollectionUpsert", "Sets many variables; earlier values are not kept."],
  ["sharedVariableConfigure", "Changes which services see a variable."],
  ["herokuImportVariables", "Sets variables from elsewhere; earlier values are not kept."],
  ["serviceInstanceUpdate", "Changes how a service is built and run."],
  ["serviceInstanceLimitsUpdate", "Changes what a service may use."],
  ["serviceUpdate", "Changes the name or icon of a service."],
  ["serviceConnect", "Connects a service to another source."],
  ["serviceDomainUpdate", "Changes the domain of a service; the old name may be taken."],
  ["customDomainUpdate", "Changes where a domain leads."],
  ["volumeUpdate", "Renames a volume."],
  ["volumeInstanceUpdate", "Changes where a volume is mounted or to which service it belongs."],
  ["bucketUpdate", "Renames a bucket."],
  ["pluginUpdate", "Renames a plugin."],
  ["environmentRename", "Renames an environment."],
  ["environmentStageChanges", "Notes changes that the next commit applies."],
  ["privateNetworkEndpointRename", "Renames a service on the private network; who uses the old name fails."],
  ["deploymentTriggerUpdate", "Changes what is deployed on push."],
  ["githubRepoUpdate", "Changes a connected repository."],
  ["projectUpdate", "Changes a project's settings, who may see it among them."],
  ["projectScheduleDeleteCancel", "Calls a scheduled deletion off; whoever planned it may count on it."],
  ["workspaceUpdate", "Changes a workspace."],
  ["teamUpdate", "Changes a team."],
  ["userUpdate", "Changes the user's data."],
  ["userProfileUpdate", "Changes the user's profile."],
  ["userFlagsSet", "Sets flags of a user."],
  ["userBetaLeave", "Leaves the beta."],
  ["userTermsUpdate", "Agrees to terms."],
  ["fairUseAgree", "Agrees to terms."],
  ["emailChangeInitiate", "Begins to change the address of an account."],
  ["emailChangeConfirm", "Changes the address of an account."],
  ["preferencesUpdate", "Changes what the user is told."],
  ["webhookUpdate", "Changes a webhook."],
  ["integrationUpdate", "Changes a connection to another service."],
  ["notificationRuleUpdate", "Changes a rule by which people are told."],
  ["observabilityDashboardUpdate", "Changes a dashboard."],
  ["usageLimitSet", "Changes the limit of what may be spent; services stop at it."],
  ["customerTogglePayoutsToCredits", "Changes how earnings are paid."],
  ["referralInfoUpdate", "Changes a referral code."],
];

const HARMLESS: readonly Row[] = [
  ["volumeInstanceBackupLock", "Keeps a backup from being deleted."],
  ["eventTrack", "Counts a use of the site."],
  ["eventBatchTrack", "Counts uses of the site."],
  ["telemetrySend", "Reports on the client."],
  ["twoFactorInfoValidate", "Checks a code."],
  ["recoveryCodeValidate", "Checks a code."],
];

const reviewed = (effect: Effect, reversibility: Reversibility, rows: readonly Row[], shared = true): Reviewed => ({ effect, reversibility, rows, shared });

export const REVIEWED: readonly Reviewed[] = [
  reviewed("delete", "irreversible", BACKUPS, false),
  reviewed("delete", "irreversible", DESTROYS, false),
  reviewed("delete", "unknown", TAKES_AWAY),
  reviewed("admin", "unknown", ACCESS_TAKEN),
  reviewed("admin", "recoverable", ACCESS_GIVEN),
  reviewed("create", "recoverable", CREATES),
  reviewed("execute", "unknown", DEPLOYS),
  reviewed("write", "unknown", REPLACES),
  reviewed("write", "recoverable", HARMLESS),
];
