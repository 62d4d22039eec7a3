import { describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyShell } from "../shell/shell.ts";

await prepareClassifiers();

/** With the canonical operation of the worst that is found. */
const LOSSES: readonly (readonly [text: string, operation: string])[] = [
  ["dog monitor delete 1", "monitoring.delete"],
  ["dog timeboard delete 1", "monitoring.delete"],
  ["datadog-ci lambda uninstrument -f f", "monitoring.delete"],
  ["newrelic apm application delete --applicationId 1", "monitoring.delete"],
  ["newrelic workload delete --guid g", "monitoring.delete"],
  ["newrelic synthetics monitor delete", "monitoring.delete"],
  ["pd schedule delete", "monitoring.delete"],
  ["grafana-cli plugins remove p", "monitoring.delete"],
  ["grafana-cli admin reset-admin-password x", "monitoring.delete"],
  ["mimirtool rules delete ns g", "monitoring.delete"],
  ["mimirtool alertmanager delete", "monitoring.delete"],
  ["cortextool rules delete ns g", "monitoring.delete"],
  ["promtool tsdb create-blocks-from openmetrics x && thanos tools bucket cleanup --objstore.config-file x", "monitoring.tsdb-delete"],
  ["thanos tools bucket rewrite --id x", "monitoring.tsdb-delete"],
  ["sentry-cli releases delete r", "monitoring.delete"],
  ["sentry-cli sourcemaps delete", "monitoring.delete"],
  ["influx delete --bucket b --start 1970-01-01T00:00:00Z --stop 2030-01-01T00:00:00Z", "monitoring.delete"],
  ["influx bucket delete -n b", "monitoring.tsdb-delete"],
  ["influx org delete -i o", "monitoring.delete"],
  ["influx auth delete -i a", "monitoring.delete"],
  ["splunk clean eventdata -index main", "monitoring.clean"],
  ["splunk remove index main", "monitoring.clean"],
  ["splunk disable index main", "monitoring.clean"],
  ["splunk stop", "monitoring.clean"],
  ["opsgenie alert delete", "monitoring.delete"],
  ["checkly destroy", "monitoring.delete"],
  ["axiom dataset delete d", "monitoring.delete"],
  ["ldcli flags delete --flag f --project p", "flags.delete"],
  ["ldcli flags archive --flag f", "flags.delete"],
  ["ldcli flags toggle-off --flag f --environment production", "flags.toggle-off"],
  ["ldcli environments delete --environment e --project p", "flags.delete"],
  ["ldcli projects delete --project p", "flags.delete"],
  ["ldcli segments delete", "flags.delete"],
  ["unleash feature archive f", "flags.delete"],
  ["flipt import --drop x.yml", "flags.import-drop"],
  ["configcat flag rm --flag-id 1", "flags.delete"],
  ["posthog feature-flag delete 1", "flags.delete"],
  ["algolia indices delete catalog", "search.delete"],
  ["algolia indices clear catalog", "search.delete"],
  ["algolia objects delete products --object-ids 1", "search.delete"],
  ["algolia objects import products -F x --auto-generate-object-id-if-not-exist=false && algolia apikeys delete k", "search.delete"],
  ["algolia rules delete products r", "search.delete"],
  ["solr delete -c core", "search.delete"],
  ["elasticsearch-users userdel u", "search.delete"],
  ["elasticsearch-node unsafe-bootstrap", "search.delete"],
  ["curator_cli delete_indices --filter_list '{}'", "search.delete"],
  ["influx bucket delete --name b", "monitoring.tsdb-delete"],
  ["pdsh -w h 'rm -rf /data'", "shell.rm"],
  ["ldcli environments delete --project p --environment e", "flags.delete"],
  ["flipt flag delete f", "flags.delete"],
  ["unleash delete feature f", "flags.delete"],
  ["unleash-cli feature delete f", "flags.delete"],
];

/** Nothing is lost yet, but what would bring it back is: with the rule's id. */
const UNPROTECTED: readonly (readonly [text: string, rule: string])[] = [
  ["dog monitor mute_all", "protection.monitoring.silence"],
  ["pd service disable -n s", "protection.monitoring.silence"],
  ["amtool silence add alertname=x", "protection.monitoring.silence"],
];

/** Neighbours: nothing in them is beyond repair. */
const HARMLESS: readonly string[] = [
  "dog monitor show_all",
  "datadog-ci junit upload x",
  "newrelic nrql query --query 'SELECT 1'",
  "amtool alert query",
  "amtool silence expire 1",
  "promtool check config x",
  "promtool query instant u up",
  "mimirtool rules list",
  "grafana-cli plugins ls",
  "sentry-cli releases new v1",
  "sentry-cli releases list",
  "influx query 'x'",
  "influx bucket list",
  "splunk search 'index=main'",
  "splunk status",
  "ldcli flags list --project p",
  "ldcli flags get --flag f",
  "algolia indices list",
  "algolia search products -q x",
  "algolia objects import products -F x",
  "solr status",
  "dog monitor post \"metric alert\" \"avg(last_5m):x > 1\" --message \"please delete if noisy\"",
  "newrelic entity search --name \"remove cache\"",
  "pd incident create --title \"cannot delete rows\" --service S",
  "ldcli flags create --description \"kill switch to purge\" --key f",
  "influx bucket create -n test",
  "influx write -b b 'm delete=1'",
  "algolia objects browse \"delete index\"",
];

describe("monitoring, flags and search: losses", () => {
  it.each(LOSSES)("%s", (text, operation) => {
    const { worst } = classifyShell(text);
    expect({ operation: worst.operation, reversibility: worst.reversibility }).toEqual({ operation, reversibility: "irreversible" });
  });
});

describe("monitoring, flags and search: protection that is taken away", () => {
  it.each(UNPROTECTED)("%s", (text, rule) => {
    const { worst } = classifyShell(text);
    expect({ rule: worst.rule, reversibility: worst.reversibility }).toEqual({ rule, reversibility: "irreversible" });
  });
});

describe("monitoring, flags and search: harmless neighbours", () => {
  it.each(HARMLESS)("%s", (text) => {
    const { verdicts } = classifyShell(text);
    expect(verdicts.filter(({ reversibility, effect }) => reversibility === "irreversible" && effect !== "read")).toEqual([]);
  });
});
