import { describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyShell } from "../shell/shell.ts";

await prepareClassifiers();

/** With the canonical operation of the worst that is found. */
const LOSSES: readonly (readonly [text: string, operation: string])[] = [
  ["gcloud compute instances delete i --zone z", "gcloud.delete"],
  ["gcloud compute instances reset i", "gcloud.compute.reset"],
  ["gcloud container clusters delete c", "gcloud.delete"],
  ["gcloud storage rm -r gs://b", "gcloud.rm"],
  ["gcloud storage buckets delete gs://b", "gcloud.delete"],
  ["gcloud storage rsync -r a gs://b --delete-unmatched-destination-objects", "gcloud.storage.rsync-delete"],
  ["gcloud secrets delete s", "gcloud.delete"],
  ["gcloud secrets versions destroy 1 --secret s", "gcloud.destroy"],
  ["gcloud kms keys versions destroy 1 --key k", "gcloud.kms.destroy-key"],
  ["gcloud iam service-accounts keys delete k --iam-account sa", "gcloud.iam.key-delete"],
  ["gcloud functions delete f", "gcloud.delete"],
  ["gcloud run services delete s", "gcloud.delete"],
  ["gcloud app versions delete v", "gcloud.delete"],
  ["gcloud pubsub topics delete t", "gcloud.delete"],
  ["gcloud pubsub subscriptions seek s --time=2030-01-01T00:00:00Z", "gcloud.pubsub.seek"],
  ["gcloud dns managed-zones delete z", "gcloud.delete"],
  ["gcloud dns record-sets delete www --type A --zone z", "gcloud.delete"],
  ["gcloud dns record-sets transaction remove --zone z --name n --type A --ttl 1 1.1.1.1", "gcloud.remove"],
  ["gcloud sql databases delete d --instance i", "gcloud.delete"],
  ["gcloud spanner databases delete d --instance i", "gcloud.delete"],
  ["gcloud firestore bulk-delete --collection-ids=users", "gcloud.bulk-delete"],
  ["gcloud compute firewall-rules delete f", "gcloud.delete"],
  ["gcloud artifacts repositories delete r", "gcloud.delete"],
  ["gcloud compute ssh vm --command 'rm -rf /data'", "shell.rm"],
  ["gcloud compute backend-services remove-backend b --instance-group g", "gcloud.compute.remove-backend"],
  ["gcloud apigee apis delete a", "gcloud.delete"],
  ["bq rm -r -f -d p:d", "bq.rm"],
  ["bq query --use_legacy_sql=false 'DROP TABLE d.t'", "sql.drop-table"],
  ["bq update --expiration 3600 p:d.t", "bq.expiration"],
  ["az vm delete -n v -g g --yes", "az.delete"],
  ["az storage account delete -n a", "az.delete"],
  ["az storage message clear -q q", "az.storage.queue-clear"],
  ["az storage blob sync -c c -s . --delete-destination true", "az.storage.sync-delete"],
  ["az sql server delete -n s -g g", "az.delete"],
  ["az cosmosdb delete -n c -g g", "az.delete"],
  ["az keyvault delete -n k", "az.delete"],
  ["az keyvault secret purge -n s --vault-name k", "az.purge"],
  ["az aks delete -n a -g g", "az.delete"],
  ["az acr repository delete -n r --image i", "az.delete"],
  ["az network dns zone delete -n z -g g", "az.delete"],
  ["az ad sp delete --id i", "az.ad.delete"],
  ["az resource delete --ids i", "az.delete"],
  ["az functionapp delete -n f -g g", "az.delete"],
  ["az redis force-reboot -n r -g g --reboot-type AllNodes", "az.redis.flush"],
  ["az snapshot delete -n s -g g", "az.delete"],
  ["az deployment group create -g g --template-file t.json --mode Complete", "az.deployment-complete"],
  ["az vmss scale --new-capacity 0 -n v -g g", "az.scale-to-zero"],
  ["az aks nodepool scale --node-count 0 -n n --cluster-name c -g g", "az.scale-to-zero"],
  ["az vm run-command invoke --command-id RunShellScript --scripts 'rm -rf /data' -n v -g g", "shell.rm"],
  ["az repos delete --id i --yes", "az.delete"],
  ["az pipelines delete --id 3 -y", "az.delete"],
  ["az apim delete -n a -g g", "az.delete"],
  ["az cdn endpoint purge -n e --content-paths '/*' --profile-name p -g g", "az.purge"],
  ["az pipelines delete --id 1", "az.delete"],
  ["gcloud api-gateway gateways delete g", "gcloud.delete"],
];

/** Nothing is lost yet, but what would bring it back is: with the rule's id. */
const UNPROTECTED: readonly (readonly [text: string, rule: string])[] = [
  ["gcloud compute instances update i --no-deletion-protection", "protection.gcloud.unprotect"],
  ["gcloud compute disks remove-resource-policies d --resource-policies daily", "protection.gcloud.compute.snapshots-off"],
  ["gcloud storage buckets update gs://b --no-versioning", "protection.gcloud.storage.unprotect"],
  ["gcloud storage buckets update gs://b --clear-soft-delete", "protection.gcloud.storage.unprotect"],
  ["gcloud storage buckets update gs://b --lifecycle-file=l.json", "protection.gcloud.storage.unprotect"],
  ["gcloud storage buckets update gs://b --clear-retention-period", "protection.gcloud.storage.unprotect"],
  ["gcloud sql instances patch i --no-backup", "protection.gcloud.sql.unprotect"],
  ["gcloud sql instances patch i --no-enable-point-in-time-recovery", "protection.gcloud.sql.unprotect"],
  ["gcloud firestore databases update --no-delete-protection", "protection.gcloud.unprotect"],
  ["gcloud logging sinks delete s", "protection.gcloud.logging.unprotect"],
  ["gcloud logging logs delete l", "protection.gcloud.logging.unprotect"],
  ["gcloud services disable compute.googleapis.com", "protection.gcloud.services-disable"],
  ["gcloud resource-manager liens delete l", "protection.gcloud.liens-delete"],
  ["gsutil retention clear gs://b", "protection.gsutil.retention-clear"],
  ["gsutil lifecycle set l.json gs://b", "protection.gsutil.lifecycle-set"],
  ["az storage blob service-properties delete-policy update --enable false --account-name a", "protection.az.storage.unprotect"],
  ["az storage account blob-service-properties update --enable-delete-retention false --account-name a", "protection.az.storage.unprotect"],
  ["az storage account blob-service-properties update -n a --enable-versioning false", "protection.az.storage.unprotect"],
  ["az storage container immutability-policy delete --account-name a -c c", "protection.az.storage.unprotect"],
  ["az storage container legal-hold clear --tags t", "protection.az.storage.unprotect"],
  ["az keyvault update -n k --enable-purge-protection false", "protection.az.keyvault.unprotect"],
  ["az lock delete -n l", "protection.az.lock-delete"],
  ["az backup protection disable --delete-backup-data true", "protection.az.backup.disable"],
  ["az backup vault backup-properties set -n v -g g --soft-delete-feature-state Disable", "protection.az.backup.soft-delete-off"],
  ["az policy assignment delete -n p", "protection.az.policy-off"],
  ["az monitor diagnostic-settings delete --name d --resource r", "protection.az.monitor-off"],
  ["az storage account update -n a --default-action Allow", "protection.az.storage.unprotect"],
  ["az sql db ltr-policy set -s s -d d --weekly-retention P0W", "protection.az.sql.unprotect"],
];

/** Neighbours: nothing in them is beyond repair. */
const HARMLESS: readonly string[] = [
  "gcloud compute instances list",
  "gcloud compute instances describe i",
  "gcloud compute instances create i",
  "gcloud storage ls gs://b",
  "gcloud storage cp a gs://b",
  "gcloud storage buckets update gs://b --versioning",
  "gcloud storage buckets describe gs://b",
  "gcloud sql instances describe i",
  "gcloud sql backups create --instance i",
  "gcloud secrets versions access latest --secret s",
  "gcloud container clusters get-credentials c",
  "gcloud dns record-sets list --zone z",
  "gcloud dns record-sets transaction start --zone z",
  "gcloud run services list",
  "gcloud logging read x",
  "bq ls",
  "bq query 'SELECT 1'",
  "bq show p:d",
  "gsutil ls gs://b",
  "gsutil versioning set on gs://b",
  "az vm list",
  "az vm show -n v -g g",
  "az vm start -n v -g g",
  "az storage blob list -c c",
  "az storage blob upload -c c -f f -n n",
  "az keyvault secret show -n s --vault-name k",
  "az keyvault update -n k --enable-purge-protection true",
  "az group list",
  "az deployment group create -g g --template-file t.json",
  "az deployment group what-if -g g --template-file t.json",
  "az aks get-credentials -n a -g g",
  "az lock create -n l --lock-type CanNotDelete -g g",
  "az account show",
  "az sql db show -n d -s s -g g",
];

describe("Google Cloud and Azure: losses", () => {
  it.each(LOSSES)("%s", (text, operation) => {
    const { worst } = classifyShell(text);
    expect({ operation: worst.operation, reversibility: worst.reversibility }).toEqual({ operation, reversibility: "irreversible" });
  });
});

describe("Google Cloud and Azure: protection that is taken away", () => {
  it.each(UNPROTECTED)("%s", (text, rule) => {
    const { worst } = classifyShell(text);
    expect({ rule: worst.rule, reversibility: worst.reversibility }).toEqual({ rule, reversibility: "irreversible" });
  });
});

describe("Google Cloud and Azure: harmless neighbours", () => {
  it.each(HARMLESS)("%s", (text) => {
    const { verdicts } = classifyShell(text);
    expect(verdicts.filter(({ reversibility, effect }) => reversibility === "irreversible" && effect !== "read")).toEqual([]);
  });
});
