/** Azure: the resource manager, storage, key vaults, Microsoft Graph and Azure DevOps. */
import { api, type HttpRule } from "./rule.ts";

const AZURE = api("azure", /(^|\.)management\.azure\.com$/);
const BLOB = api("azure", /\.(blob|file|queue|table|dfs)\.core\.windows\.net$/);
const VAULT = api("azure", /\.vault(core)?\.azure\.net$/);
const GRAPH = api("msgraph", /(^|\.)graph\.microsoft\.com$/);
const DEVOPS = api("azure-devops", /(^|\.)dev\.azure\.com$|\.visualstudio\.com$/);

export const AZURE_RULES: readonly HttpRule[] = [
  AZURE.reads("POST /**/whatIf", "what-if", "Only shows what would be done."),
  AZURE.unprotects("deletion")("DELETE /**/Microsoft.Authorization/locks/*", "deleteLock", "Takes a lock away that kept resources from being deleted."),
  AZURE.unprotects("backup")("DELETE /**/Microsoft.RecoveryServices/vaults/**", "deleteBackup", "Stops backups or deletes them."),
  AZURE.unprotects("backup")("DELETE /**/backupPolicies|backupInstances|backupVaults/**", "deleteBackup", "Stops backups or deletes them."),
  AZURE.unprotects("audit")("DELETE /**/Microsoft.Insights/diagnosticSettings|logprofiles/*", "deleteDiagnostics", "Stops the logs of a resource."),
  AZURE.governs("* /**/Microsoft.Authorization/roleAssignments|roleDefinitions|policyAssignments/**", "roleAssignment", "Changes who may do what."),
  AZURE.destroys("DELETE /subscriptions/*/resourceGroups/*", "deleteResourceGroup", "Deletes a resource group with everything in it.", { blast: { extent: "tree", count: null } }),
  AZURE.destroys("POST /**/purge", "purge", "Deletes beyond recovery what soft delete still held."),
  AZURE.destroys("PUT /**/Microsoft.Resources/deployments/*", "deployComplete", "Deploys a template and deletes what it does not name.", { text: /"mode"\s*:\s*"Complete"/i, safer: "Deploy with mode Incremental; ask for what-if first." }),
  AZURE.runs("POST /**/runCommand", "runCommand", "Runs a command on a machine."),
  AZURE.destroys("DELETE /**", "delete", "Deletes an Azure resource with everything inside it."),
  BLOB.destroys("DELETE /**", "deleteBlob", "Deletes a container, blob, file, queue or table; without soft delete nothing restores it."),
  VAULT.destroys("DELETE /deletedsecrets|deletedkeys|deletedcertificates|deletedstorage/**", "purge", "Deletes a key or secret beyond recovery."),
  VAULT.discards("DELETE /secrets|keys|certificates|storage/**", "deleteSecret", "Deletes a key or secret; soft delete keeps it for a while."),
  GRAPH.destroys("DELETE /*/directory/deletedItems/*", "purge", "Deletes beyond recovery what the recycle bin still held."),
  GRAPH.discards("DELETE /*/users|groups|applications/*", "deleteDirectoryObject", "Deletes a user, group or application; the recycle bin keeps it for 30 days."),
  GRAPH.discards("DELETE /*/**/messages|events|items/*", "deleteItem", "Moves mail, an event or a file to the recycle bin."),
  GRAPH.writes("DELETE /*/**/members|owners|appRoleAssignments/**", "membership", "Takes a membership away; it can be given again."),
  DEVOPS.destroys("DELETE /**/_apis/projects/*", "deleteProject", "Deletes a project with its repositories and boards."),
  DEVOPS.destroys("DELETE /**/_apis/git/repositories/*", "deleteRepository", "Deletes a repository."),
  DEVOPS.unprotects("code")("DELETE /**/_apis/policy/configurations/*", "deletePolicy", "Takes a policy from branches."),
];
