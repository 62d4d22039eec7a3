/** Azure. */
import { destroys, governs, governsForGood, reads, type World, writes } from "./world.ts";

export const AZURE: World = {
  name: "az",
  programs: "az",
  withValue: "-g --resource-group -n --name -o --output --location -l --query --ids --account-name --container-name --vault-name --server --role --assignee --scope",
  place: "--subscription",
  nouns: "deployment",
  verbDepth: 6,
  dry: "--what-if",
  rules: [
    destroys("group delete", "Deletes a resource group with everything in it."),
    destroys("storage blob delete-batch", "Deletes many blobs.", { name: "storage.delete-batch" }),
    destroys("keyvault purge", "Deletes a vault beyond recovery."),
    governs("role assignment|definition create|delete|update", "Changes who may do what.", { name: "role.change" }),
    destroys("deployment group|sub|mg|tenant create", "Deploys a template and deletes what it does not name.", { text: /--mode[= ]complete/i, name: "deployment-complete", safer: "az deployment group what-if; leave out --mode Complete." }),
    writes("deployment group|sub create", "Deploys a template.", { name: "deployment-group-create" }),
    destroys("stack group|sub|mg delete|create", "Deletes what a stack holds or no longer names.", { text: /\bdelete\b|--(action-on-unmanage|aou|delete-all|delete-resources)\b/i, name: "stack-delete" }),
    governsForGood("vm|vmss|webapp|functionapp|aks|postgres|mysql|mariadb|sql|container|containerapp|logicapp|spring|apim|synapse|kusto|network stop|deallocate|restart|redeploy|reimage|simulate-eviction|flexible-server|server|mi|application-gateway|revision|job", "Stops machines, an application or a database: what they were doing is cut off.", { text: /\b(stop|deallocate|restart|redeploy|reimage|simulate-eviction|deactivate)\b/, name: "stop" }),
    destroys("storage message|queue clear|delete", "Deletes every message of a queue.", { name: "storage.queue-clear" }),
    destroys("storage blob sync", "Deletes at the target what the source does not hold.", { text: /--delete-destination[= ]"?(true|prompt)/i, name: "storage.sync-delete" }),
    destroys("storage azcopy|copy|remove", "Deletes objects.", { text: /\bremove\b/, name: "storage.remove" }),
    destroys("vmss|aks|appservice|containerapp|functionapp scale|nodepool|update|plan", "Stops every machine of a set.", { text: /--(new-capacity|node-count|instance-count|max-replicas|number-of-workers)[= ]0\b/, name: "scale-to-zero" }),
    destroys("redis|redisenterprise force-reboot|flush|database", "Empties a cache, or restarts it with the loss of what it holds.", { text: /force-reboot|flush/, name: "redis.flush" }),
    destroys("ad app|sp|user credential|reset|delete|owner|federated-credential", "Takes an identity or its credentials away.", { text: /\b(delete|reset)\b/, name: "ad.delete" }),
    reads("account|login|logout|version|find|feedback", "Reads the account."),
  ],
};
