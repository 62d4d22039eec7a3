/** Railway's public GraphQL API (backboard.railway.com/graphql/v2), from its published schema. */
import type { Arguments, GraphqlService, MutationRule } from "./service.ts";

type Row = readonly [field: string, reason: string, safer?: string];

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
  ["bucketCredentialsReset", "Replaces the bucket's credentials; every holder of the old ones is cut off."],
  ["bucketDelete", "Deletes a bucket with its objects."],
  ["workspaceDelete", "Deletes the workspace with all its projects."],
  ["userDelete", "Deletes the user account."],
  ["variableDelete", "Deletes a variable; its value is not kept."],
  ["customDomainDelete", "Deletes a custom domain; traffic to it fails."],
  ["tcpProxyDelete", "Deletes a TCP proxy; its address is not given again."],
  ["deploymentRemove", "Removes a running deployment."],
];

const isTrueOrUnknown = (value: unknown): boolean => value === true || value === undefined;

/** `input` as an object; a whole input that came in by an unknown variable counts as unknown in each field. */
function inputOf(args: Arguments): Arguments {
  const input = args["input"];
  return typeof input === "object" && input !== null ? (input as Arguments) : {};
}

const CONDITIONAL: readonly MutationRule[] = [
  {
    field: "volumeInstanceUpdate",
    when: (args) => inputOf(args)["serviceId"] === null,
    effect: "write",
    reversibility: "recoverable",
    reason: "Detaches the volume from its service; the service loses its data until it is attached again.",
  },
  {
    field: "variableCollectionUpsert",
    when: (args) => isTrueOrUnknown(inputOf(args)["replace"]) && "replace" in inputOf(args),
    effect: "delete",
    reversibility: "irreversible",
    reason: "Replaces the whole set of variables; those not named are deleted and their values are not kept.",
    safer: "Leave out `replace` to add to the set.",
  },
];

const ACCESS: readonly Row[] = [
  ["apiTokenDelete", "Revokes an API token."],
  ["projectTokenDelete", "Revokes a project token."],
  ["sessionDelete", "Ends a login session."],
  ["apiTokenCreate", "Creates an API token that reaches all of its owner's projects."],
  ["projectTokenCreate", "Creates a token for one environment of a project."],
  ["workspaceUserRemove", "Removes a member from the workspace."],
  ["projectTransfer", "Moves the project to another workspace."],
];

const rule = (effect: MutationRule["effect"], reversibility: MutationRule["reversibility"]) => {
  return ([field, reason, safer]: Row): MutationRule => ({ field, effect, reversibility, reason, ...(safer === undefined ? {} : { safer }) });
};

export const RAILWAY: GraphqlService = {
  name: "railway",
  hosts: /(^|\.)(backboard\.)?railway\.(com|app)$/,
  path: /^\/graphql\/(v2|internal)\/?$/,
  mutations: [
    ...BACKUPS.map(rule("delete", "irreversible")),
    ...DESTROYS.map(rule("delete", "irreversible")),
    ...CONDITIONAL,
    // Ending a credential is containment, not loss: a new one can be made.
    ...ACCESS.map(rule("admin", "recoverable")),
  ],
};
