/** What watches a service and steers it: monitors, dashboards, alerts, feature flags, search. Blind is the first step to late. */
import { destroys, governs, governsForGood, publishes, reads, unprotects, type World, writes } from "./world.ts";

const BLIND = "Silence one alert for a stated time instead.";

const MONITORS: readonly World[] = [
  {
    name: "monitoring",
    programs: "dog datadog datadog-ci pup newrelic nr1 pd pagerduty grafana grafana-cli grafanactl gcx amtool promtool mimirtool cortextool lokitool logcli thanos sentry sentry-cli honeycomb hny opsgenie lamp statuspage checkly axiom influx influxd splunk zabbix_sender zabbix_get icingacli nagios telegraf victoria vmctl uptime-kuma betterstack rollbar bugsnag dt dynatrace sumo kibana elastalert wavefront signalfx lightstep instana appd",
    withValue: "-o --output --org --project --server --token --host --bucket --start --stop --predicate -p --file --config --id --name --url --addr --tenant --app --rules-dir --alertmanager.url --auth --accountId --guid -i -n",
    place: "--context -e --env --environment",
    verbDepth: 4,
    rules: [
      unprotects("silence add", "Silences alerts.", { name: "silence", safer: BLIND }),
      unprotects("monitor|downtime|monitors|alert|alerts|service|services|schedule|maintenance|incident mute|mute_all|mute-all|post|create|schedule|disable|snooze|silence|suspend", "Silences alerts.", { text: /\b(mute\w*|mute-all|downtime (post|create|schedule)|disable|maintenance create|silence|snooze|suspend)\b/, name: "silence", safer: BLIND }),
      destroys("clean|remove|disable|stop|offline|reset", "Deletes collected events, or stops collecting."),
      destroys("tsdb|tools|bucket|data clean|delete-series|bucket|delete|cleanup|rewrite|mark|create-blocks-from", "Deletes collected measurements.", { text: /\b(delete|cleanup|rewrite|mark|clean)\b/, name: "tsdb-delete" }),
      destroys("delete", "Deletes collected measurements of a time range.", { name: "delete" }),
      destroys("", "Deletes monitors, dashboards, alerts or what they have collected.", { verb: /(^|\s)([a-z]+[:_-])?(delete|destroy|remove|rm|purge|uninstall|trim|clear|archive|deactivate|revoke|wipe|unset|reset-admin-password|uninstrument)([:_-]?(all|rule|group|series|events|files|bundle))?(\s|$)/, name: "delete" }),
      reads("", "Reads measurements or settings.", { verb: /(^|\s)(list|ls|get|show\w*|search|query\w*|describe|status|info|view|tail|labels|series|instant|check|test|lint|validate|version|help|export|print|diff|analyze|ping|whoami|show_all|log|logs|config)(\s|$)/, name: "read" }),
      governs("", "Changes monitors, dashboards or alerts.", { name: "change" }),
    ],
  },
  { name: "logs", programs: "journalctl logrotate", withValue: "-u -n --since --until -p -o", rules: [destroys("", "Deletes logs.", { text: /--vacuum-(size|time|files)|--rotate.*--vacuum/, name: "vacuum" }), destroys("", "Rotates logs at once, past what their settings say.", { flags: "-f|--force", without: "--since|-u|-n", name: "rotate-force" }), reads("", "Reads logs.", { name: "read" })] },
];

const FLAGS: readonly World[] = [
  {
    name: "flags",
    programs: "ldcli launchdarkly splitctl unleash unleash-cli flipt flagsmith configcat growthbook posthog statsig optimizely ffctl flagr goff devcycle eppo harness",
    withValue: "--project --flag --environment --env --data -d --access-token -k --key --semantic-patch",
    place: "--environment --env",
    verbDepth: 4,
    rules: [
      destroys("", "Deletes or archives a flag, a segment or an environment: every caller falls back to its default.", { verb: /(^|\s)([a-z]+[:_-])?(delete|archive|remove|rm|purge|destroy|kill|reset)([:_-]\w+)?(\s|$)/, name: "delete", safer: "Turn the flag off in one environment, then archive it once nothing asks for it." }),
      destroys("import", "Replaces every flag.", { flags: "--drop|--force|--replace", name: "import-drop" }),
      governsForGood("", "Turns a flag off for everyone.", { verb: /(^|\s)(toggle-off|turn-off|disable|kill)(\s|$)/, name: "toggle-off" }),
      reads("", "Reads flags.", { verb: /(^|\s)(list|get|ls|show|view|status|version|help|export|validate|evaluate|whoami|find|scan|config|quickstart|usages|diff)(\s|$)/, name: "read" }),
      publishes("", "Changes flags for everyone.", { name: "change" }),
    ],
  },
];

const SEARCH: readonly World[] = [
  {
    name: "search",
    programs: "algolia meilisearch meili typesense typesense-server solr opensearch-cli elasticsearch-node elasticsearch-users elasticsearch-keystore elasticsearch-plugin elasticsearch-reset-password elasticdump multielasticdump curator curator_cli esrally quickwit manticore zinc sonic weaviate qdrant milvus_cli pinecone chroma",
    withValue: "-c --config --config-dir --index --application-id --api-key --collection -d -p -n --input --output --type --host --port --profile",
    verbDepth: 3,
    rules: [
      destroys("", "Deletes or empties an index, its objects, rules or keys.", { verb: /(^|\s)([a-z]+[:_-])?(delete|clear|purge|drop|remove|rm|destroy|userdel|unsafe-bootstrap|detach-cluster|repurpose|override-version|remove-settings|remove-customs|truncate|delete_indices|delete_snapshots|shrink|close|reset)([:_-][a-z]+)?(\s|$)/, without: "--dry-run", name: "delete", safer: "Copy the index first." }),
      destroys("", "Empties the index before filling it.", { flags: "--deleteFirst|--delete|--clear|--clear-existing|--delete-by-query", name: "replace" }),
      destroys("stop|indices|index|objects move|replace", "Stops the server, or overwrites an index by another.", { text: /^stop|\b(move|replace)\b/, name: "overwrite" }),
      reads("", "Reads indexes.", { verb: /(^|\s)(list|get|ls|show|search|browse|describe|status|version|help|healthcheck|export|analyze|tail|config|assert|show_indices)(\s|$)|^open\b/, name: "read" }),
      writes("", "Changes an index.", { name: "change" }),
    ],
  },
];

export const OBSERVABILITY: readonly World[] = [...MONITORS, ...FLAGS, ...SEARCH];
