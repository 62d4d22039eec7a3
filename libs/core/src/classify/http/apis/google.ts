/** Google Cloud and Workspace. Custom methods stand after a colon (`instances/x:stop`); the verb tells where no row does. */
import { followedBy } from "../../followed-by.ts";
import { googleDryRun } from "./dry-run.ts";
import { api, type HttpRule } from "./rule.ts";

const GCP = api("gcp", /\.googleapis\.com$/);
const WORKSPACE = api("google", /^(gmail|www|calendar|drive|people|tasks)\.googleapis\.com$/);

export const GOOGLE: readonly HttpRule[] = [
  GCP.reads("* /**", "dry-run", "Only checks the request.", { onlyIf: googleDryRun }),
  WORKSPACE.discards("DELETE /calendar/v3/calendars/*/events/*", "deleteEvent", "Deletes an event; the calendar's trash keeps it for a while."),
  WORKSPACE.destroys("DELETE /calendar/v3/calendars/*", "deleteCalendar", "Deletes a calendar with all its events."),
  WORKSPACE.destroys("POST /calendar/v3/calendars/*/clear", "clearCalendar", "Deletes every event of a calendar."),
  WORKSPACE.discards("POST /gmail/v1/users/*/messages|threads/*/trash", "trash", "Moves mail to the trash."),
  WORKSPACE.destroys("DELETE /gmail/v1/users/*/messages|threads/*", "deleteMail", "Deletes mail for good, past the trash.", { safer: "Move it to the trash." }),
  WORKSPACE.destroys("POST /gmail/v1/users/*/messages/batchDelete", "deleteMail", "Deletes many messages for good.", { safer: "Move them to the trash." }),
  WORKSPACE.destroys("DELETE /drive/v3/files/trash", "emptyTrash", "Deletes everything in the trash.", { blast: { extent: "all", count: null } }),
  WORKSPACE.destroys("DELETE /drive/v3/files/*", "deleteFile", "Deletes a file for good, past the trash.", { safer: "Set `trashed` instead." }),
  GCP.destroys("DELETE /v*/projects/*", "deleteProject", "Shuts a project down with everything in it."),
  GCP.destroys("DELETE /storage/v1/b/*", "deleteBucket", "Deletes a bucket."),
  GCP.destroys("DELETE /storage/v1/b/*/o/**", "deleteObject", "Deletes an object; without versioning nothing restores it."),
  GCP.destroys("PATCH|PUT /storage/v1/b/*", "bucketLifecycle", "Sets rules by which objects expire.", { text: followedBy(/"lifecycle"/, /"type"\s*:\s*"Delete"/) }),
  GCP.destroys("DELETE /**/backupRuns|backups|snapshots|backupPlans|backupVaults|backupSchedules/*", "deleteBackup", "Deletes a backup, or the plan that makes them.", { rule: "protection.backup" }),
  GCP.overwrites("POST /**/instances/*/restoreBackup", "restoreBackup", "Overwrites a database with an older backup.", { safer: "Restore into a new instance and switch." }),
  GCP.destroys("DELETE /bigquery/v2/projects/*/datasets|tables/**", "bigquery.delete", "Deletes a dataset or table.", { safer: "Set an expiration instead; time travel reaches back a few days." }),
  GCP.destroys("POST /**/cryptoKeyVersions/*:destroy", "destroyKey", "Takes a key away: what it encrypts cannot be read."),
  GCP.destroys("POST /**/secrets/*/versions/*:destroy", "destroySecret", "Deletes the value of a secret."),
  GCP.unprotects("audit")("DELETE /v2/**/sinks|logs/*", "deleteLogs", "Deletes a log or stops where it is kept."),
  GCP.unprotects("deletion")("DELETE /v*/liens/*", "deleteLien", "Takes a lien away that kept the project from being deleted."),
  GCP.governs("POST /**/*:setIamPolicy", "setIamPolicy", "Changes who may do what."),
  GCP.destroys("POST /**/documents:commit|documents:batchWrite", "firestore.delete", "Deletes documents.", { text: /"delete"\s*:/ }),
  GCP.destroys("POST /**/*:bulkDeleteDocuments", "firestore.bulkDelete", "Deletes every document of collections.", { blast: { extent: "all", count: null } }),
  GCP.destroys("DELETE /**", "delete", "Deletes a Google Cloud resource."),
];
