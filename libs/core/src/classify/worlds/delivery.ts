/** What stands between a service and its users: names, caches, load balancers, gateways, mail, money. */
import { destroys, governs, publishes, publishesForGood, reads, runs, type World, writes } from "./world.ts";

const NAMES: readonly World[] = [
  {
    name: "dns",
    programs: "nsupdate knotc rndc pdnsutil pdns_control octodns-sync octodns dnscontrol cli53 unbound-control powerdns named-checkzone lexicon",
    withValue: "-k -y -t -v --config --config-file --provider --creds",
    readsLines: true,
    dry: "preview",
    rules: [
      destroys("", "Deletes DNS records.", { command: /^(update\s+)?(delete|del|prereq\s+nxrrset)\b/i, name: "delete" }),
      destroys("delete|zone-purge|delete-zone|delete-rrset|push|rrdelete|rrpurge|rrclear|zone-unset|clear-zone|delzone|zone-abort|stop|halt|purge", "Deletes or overwrites DNS records, or stops the server."),
      destroys("* delete", "Deletes DNS records.", { name: "delete" }),
      destroys("", "Overwrites DNS zones.", { flags: "--doit|--force|--replace|--wait" }),
      reads("preview|check|list-all-zones|show-zone|status|list|export|stats|dump|zone-read|zone-status|list-zone|zonestatus|validate", "Reads zones."),
      writes("", "Changes DNS records.", { name: "update" }),
    ],
  },
  {
    name: "cdn",
    programs: "fastly akamai cfcli bunny keycdn cachefly stackpath gcore varnishadm squid squidclient",
    withValue: "-s --service-id -t --token --version -o --section -T -S -n",
    rules: [
      destroys("", "Empties the whole cache at once: every request goes to the origin.", { text: /^purge\b[^]*(--all|-a\b)|^(purge-all|zone purge|purgeall)|^ban\s+(req\.url\s+~\s+["']?[./]|\.)|-m PURGE/, name: "purge-all" }),
      writes("purge|ban|purge-key|cache", "Empties a part of the cache; it fills again from the origin.", { name: "purge" }),
      destroys("service|backend|domain|vcl|acl|acl-entry|dictionary|dictionary-entry|dictionary-item|healthcheck|logging|tls-config|tls-subscription|kv-store|kv-store-entry|config-store|secret-store|secret-store-entry|object-storage|compute|user|auth-token|service-version|edgeworkers|property|zone|dns|storage|vcl.discard|vcl.use delete|remove|rm|del|deactivate|purge|*", "Deletes or takes offline what the network delivers.", { text: /\b(delete|remove|rm|del|deactivate)\b/, name: "delete" }),
      destroys("stop|vcl.discard|shutdown|delete|rm|remove|deactivate|storage.disable", "Stops the cache or deletes its configuration."),
      destroys("", "Stops the cache.", { text: /-k\s+(shutdown|kill|interrupt)/, name: "stop" }),
      reads("", "Reads the configuration.", { text: /^(\S+ )?(list|describe|get|show|search|status|whoami|version|validate|log-tail|stats|vcl\.list|vcl\.show|param\.show|backend\.list|ping|history|domain-inspect|ip-list|pops)\b/, name: "list" }),
      publishes("", "Changes what the network delivers.", { name: "change" }),
    ],
  },
];

const BALANCERS: readonly World[] = [
  {
    name: "proxy",
    programs: "nginx openresty haproxy caddy traefik envoy apachectl apache2ctl httpd lighttpd keepalived",
    withValue: "-c -p -g -e -f --config --adapter -k -s -sf -st -W -L --port",
    dry: "-t -T -v -V -c",
    rules: [
      destroys("", "Stops the server: what it serves is offline.", { text: /-s\s*(stop|quit)\b|^(stop|graceful-stop)\b|-k\s+(stop|graceful-stop)\b|(^|\s)-st\s/, name: "stop" }),
      governs("", "Reloads the configuration.", { text: /-s\s*(reload|reopen)\b|^(reload|restart|graceful|adapt)\b|-k\s+(restart|graceful)|(^|\s)-sf\s/, name: "reload" }),
      reads("", "Reads the configuration.", { text: /^(configtest|status|fullstatus|validate|fmt|version|list-modules|environ|healthcheck)\b|^-[tTvVlMSD]+$/, name: "check" }),
      runs("", "Starts the server.", { name: "run" }),
    ],
  },
  { name: "proxy", programs: "ipvsadm", withValue: "-A -a -t -u -r", rules: [destroys("", "Takes services from the balancer.", { flags: "-C|-D|-d|--clear|--delete-service|--delete-server", name: "delete" }), reads("", "Lists services.", { flags: "-L|-l|-S|--list", name: "list" }), governs("", "Changes the balancer.", { name: "change" })] },
  { name: "proxy", programs: "tmsh", withValue: "", rules: [destroys("delete *", "Deletes a part of the balancer.", { name: "delete" }), destroys("load|modify sys|ltm", "Overwrites the configuration, or takes members offline.", { text: /\b(default|user-down|disabled|session user-disabled|delete)\b/, name: "disable" }), reads("show|list", "Reads the configuration."), governs("", "Changes the balancer.", { name: "change" })] },
  {
    name: "gateway",
    programs: "kong deck apigeecli apigeetool tyk gravitee krakend apictl wso2 zuul express-gateway eg",
    withValue: "-c --conf -s --state --workspace -o --org -e --env -n --name -t --token --select-tag --kong-addr",
    nouns: "gateway",
    dry: "diff",
    rules: [
      destroys("reset", "Deletes every service, route, consumer and plugin of the gateway.", { safer: "deck dump first." }),
      destroys("gateway reset", "Deletes every service, route, consumer and plugin of the gateway.", { name: "reset", safer: "deck gateway dump first." }),
      destroys("sync", "Deletes what the file does not name.", { safer: "deck diff first." }),
      destroys("gateway sync", "Deletes what the file does not name.", { name: "sync", safer: "deck gateway diff first." }),
      destroys("migrations reset|down", "Empties the gateway's database.", { name: "migrations-reset" }),
      destroys("stop|quit|delete|undeploy|undeployed|deleteapi|deleteproduct|deletedeveloper|deletecache", "Stops the gateway or deletes a part of it."),
      destroys("* delete|undeploy|clean|remove|revoke", "Deletes a part of the gateway.", { name: "delete" }),
      reads("dump|diff|validate|ping|version|check|health|list|get|lint", "Reads the gateway."),
      reads("* dump|diff|validate|ping|list|get|ls|status|listdeploy|export", "Reads the gateway.", { name: "read" }),
      governs("", "Changes the gateway.", { name: "change" }),
    ],
  },
];

const MAIL: readonly World[] = [
  { name: "mail", programs: "mail mailx sendmail mutt swaks msmtp", withValue: "-s -a -r -c -b -S", rules: [publishes("", "Sends a message.", { name: "send" })] },
  { name: "mail", programs: "postsuper postqueue mailq exim exim4 exiqgrep qmHandle postfix dovecot doveadm postmark sendgrid mailgun resend", withValue: "-i -u -A -c", rules: [destroys("", "Deletes mail, or stops sending it.", { text: /(^|\s)-(d|Mrm|Mg)\s|(^|\s)(expunge|stop|abort|flush|purge|delete|remove)(\s|$)|mailbox (delete|unsubscribe)|-d\s*ALL/, name: "delete" }), reads("", "Reads the queue.", { text: /^(-p|-bp|-j|-z|list|status|check|fetch|search|who|user|quota|log|-b\w*)?(\s|$)/, name: "list" }), governs("", "Changes the queue or the service.", { name: "change" })] },
];

const MONEY: readonly World[] = [
  {
    name: "stripe",
    programs: "stripe paddle square braintree paypal adyen recurly chargebee lemonsqueezy polar shopify",
    withValue: "-d --data --api-key -p --project-name --limit -e --expand -i --idempotency --stripe-version --id -c --confirm-with",
    nouns: "post",
    rules: [
      destroys("* delete|del|archive|cancel|void|void_invoice|reject|deactivate|expire|mark_uncollectible|finalize_invoice|detach|cancel_action|disable|remove|revoke", "Deletes or cancels at the payment provider.", { name: "delete", safer: "Try it with a test key." }),
      destroys("* * delete|cancel|remove|revoke", "Deletes or cancels at the payment provider.", { name: "delete" }),
      destroys("delete", "Deletes over the provider's interface."),
      destroys("* update", "Takes a product, price or link from sale, or cancels at the period's end.", { text: /active[= ]"?false|cancel_at_period_end[= ]"?true|status[= ]"?(canceled|disabled)|pause_collection|enabled_events/, name: "deactivate" }),
      publishesForGood("refunds|payouts|transfers|charges|payment_intents|topups|disputes|credit_notes|invoices create|capture|confirm|reverse|pay|close|send_invoice", "Moves money.", { name: "move-money" }),
      publishesForGood("post *", "Moves money, or cancels, over the provider's interface.", { text: /\/(refunds|payouts|transfers|charges|cancel|void|capture|pay|reject|close)\b/, name: "move-money" }),
      reads("get|listen|logs|status|resources|version|help|samples|open|whoami|community|serve|completion|docs", "Reads the account."),
      reads("* list|retrieve|search|get|tail|preview|list_line_items|info", "Reads the account.", { name: "read" }),
      publishes("trigger|fixtures|post", "Makes events or objects.", { name: "make" }),
      publishes("", "Changes the account.", { name: "change" }),
    ],
  },
];

export const DELIVERY: readonly World[] = [...NAMES, ...BALANCERS, ...MAIL, ...MONEY];
