/** Infrastructure as code, clusters, and what configures fleets of machines. */
import { builds, destroys, governs, publishes, reads, runs, type World, writes } from "./world.ts";

const PLAN = "Show a plan to a human and apply that very plan file.";

export const INFRASTRUCTURE: readonly World[] = [
  {
    name: "terraform",
    programs: "terraform tofu terragrunt",
    withValue: "-chdir -target -var -out -state -backend-config -parallelism -lock-timeout",
    place: "-var-file -workspace",
    rules: [
      destroys("destroy", "Destroys everything that the state holds.", { safer: PLAN }),
      destroys("apply", "Destroys everything that the state holds.", { flags: "-destroy|--destroy", name: "apply-destroy", safer: PLAN }),
      destroys("run-all|run|stack destroy", "Destroys everything of all modules.", { name: "destroy", safer: PLAN }),
      destroys("apply|run-all", "Applies changes, deletions among them, that nobody has looked at.", { flags: "-auto-approve|--auto-approve|--terragrunt-non-interactive", name: "apply-auto-approve", safer: PLAN }),
      destroys("state rm|push|replace-provider", "Takes resources out of the state, or overwrites it.", { name: "state-rm" }),
      destroys("workspace delete", "Deletes a workspace with its state."),
      destroys("taint|force-unlock", "Marks a resource to be destroyed and made again, or breaks the lock."),
      destroys("plan", "Prepares a plan that destroys.", { flags: "-destroy|--destroy", name: "plan-destroy", text: /-out/ }),
      writes("apply", "Applies changes after a question to the terminal."),
      writes("import|refresh|untaint|state|workspace", "Changes the state.", { without: "-h" , text: /import|refresh|untaint|state mv|workspace (new|select)/ }),
      reads("plan|show|output|validate|fmt|graph|providers|version|console|state|workspace|init|get|test|metadata|login|hclfmt|graph-dependencies", "Reads or prepares."),
    ],
  },
  {
    name: "pulumi",
    programs: "pulumi",
    withValue: "-C --cwd -t --target --message -m --config",
    place: "-s --stack",
    rules: [
      destroys("destroy|down", "Destroys everything in the stack.", { safer: PLAN }),
      destroys("stack rm", "Deletes the stack with its history."),
      destroys("state delete|unprotect|import", "Takes resources, or what protects them, out of the state.", { name: "state-delete" }),
      destroys("up|update", "Applies changes, deletions among them, that nobody has looked at.", { flags: "-y|--yes|--skip-preview|-f", name: "up-yes", safer: PLAN }),
      destroys("refresh", "Overwrites the state unasked.", { flags: "-y|--yes" }),
      writes("up|update|refresh|import|config|stack|watch|cancel", "Changes the stack.", { text: /^(up|update|refresh|import|watch|cancel)|config (set|rm)|stack (init|select|tag|rename)/ }),
      reads("preview|stack|config|logs|whoami|about|version|plugin|state|env|org|console|history", "Reads the stack."),
    ],
  },
  { name: "ansible", programs: "ansible-playbook ansible", withValue: "-i --inventory -e --extra-vars -t --tags -m --module-name -a --args -u --user -f --forks --vault-password-file", place: "-l --limit", dry: "-C --check --list-hosts --list-tasks --syntax-check", rules: [destroys("", "Deletes files or packages on every host.", { text: /state[=:]\s*["']?absent|\brm -[a-z]*r|-m (file|shell|command|raw)\b[^]*\b(rm|mkfs|dd|shutdown|reboot)\b/, name: "absent" }), runs("", "Runs tasks on every host.", { name: "run" })] },
  { name: "ansible", programs: "ansible-vault ansible-galaxy ansible-inventory ansible-doc ansible-lint", withValue: "", rules: [reads("", "Reads or prepares.", { name: "prepare" })] },
  { name: "eksctl", programs: "eksctl kops kind k3d minikube k3s vcluster rke talosctl kubeadm", withValue: "-f --config-file --region --state --nodes", place: "--name --cluster --profile -p -n", rules: [destroys("delete|reset|purge|destroy|uninstall", "Deletes a cluster or part of it."), destroys("drain", "Evicts everything from nodes."), reads("get|list|status|version|info|config|ip|logs|dashboard|service|kubeconfig|validate|describe", "Reads the cluster."), writes("create|upgrade|scale|update|start|stop|apply|enable|disable|rolling-update|init|join|pause|addons|image|load", "Makes or changes a cluster.")] },
  { name: "argocd", programs: "argocd flux", withValue: "--server --auth-token -l --selector -n --namespace --revision", place: "--kube-context --context", rules: [destroys("app|appset|cluster|repo|proj|account delete|rm|delete-token|terminate-op", "Deletes an application with its objects.", { name: "delete" }), destroys("delete|uninstall", "Deletes sources, releases or the tool."), destroys("app sync", "Deletes objects that Git does not name.", { flags: "--prune|--force|--replace", name: "sync-prune" }), destroys("app rollback", "Puts an earlier version back."), reads("app|cluster|repo|proj list|get|diff|history|manifests|logs|wait|resources", "Reads applications.", { name: "get" }), reads("get|version|check|logs|events|tree|diff|stats|trace", "Reads the set-up."), writes("app|reconcile|suspend|resume|create|bootstrap|repo|cluster|proj", "Changes applications.")] },
  { name: "nomad", programs: "nomad", withValue: "-address -namespace -region", rules: [destroys("job|namespace|volume|system|alloc|var|acl stop|purge|delete|gc|deregister", "Stops or deletes.", { name: "delete" }), destroys("stop", "Stops a job."), destroys("node|operator|server|system|deployment drain|raft|force-leave|fail|purge", "Takes a node or a peer away.", { name: "node-drain" }), reads("node|job|alloc|server|operator|deployment|volume|namespace status|inspect|logs|plan|members|history|list|validate", "Reads the cluster.", { name: "status" }), reads("status|logs|plan|version|ui", "Reads the cluster."), writes("run|deployment|scale|job|node|alloc|volume|namespace|operator|server", "Changes jobs.")] },
  { name: "vagrant", programs: "vagrant multipass packer virsh VBoxManage lxc qm pct", withValue: "--provider", rules: [destroys("destroy|delete|purge|undefine|vol-delete|snapshot-delete|unregistervm|pool-destroy|pool-delete|storage", "Deletes machines with their disks."), reads("status|list|info|ssh-config|global-status|version|validate|dominfo|net-list", "Reads the state of machines."), writes("up|halt|start|stop|suspend|resume|launch|reload|provision|shutdown|reboot|create|define|snapshot|transfer|mount", "Starts or stops machines."), runs("ssh|shell|exec|console", "Opens a shell in a machine."), builds("build|init|box", "Builds an image.")] },
  { name: "dns", programs: "nsupdate knotc rndc pdnsutil octodns-sync dnscontrol", withValue: "", rules: [destroys("delete|zone-purge|delete-zone|delete-rrset|push", "Deletes or overwrites DNS records."), destroys("", "Overwrites DNS zones.", { flags: "--doit|--force" }), reads("preview|check|list-all-zones|show-zone|status", "Reads zones."), writes("", "Changes DNS records.", { name: "update" })] },
  { name: "secrets", programs: "vault bao", withValue: "-address -namespace -field -format -mount -version -versions", rules: [destroys("kv metadata delete", "Deletes every version of a secret.", { name: "kv-metadata-delete" }), destroys("kv destroy", "Deletes versions of a secret beyond recovery.", { name: "kv-destroy" }), writes("kv delete|undelete|rollback", "Deletes a version of a secret in a way that can be undone.", { name: "kv-delete" }), destroys("secrets|auth|audit|policy|namespace|token|lease disable|delete|revoke", "Takes an engine, a method, the audit log or leases away.", { name: "disable" }), destroys("delete|operator seal|operator step-down", "Deletes at a path."), destroys("operator seal|raft|rekey|rotate|generate-root|init", "Changes the seal or the keys.", { name: "operator" }), reads("kv get|list|metadata", "Reads secrets.", { name: "kv-get" }), reads("secrets|auth|policy|audit|lease|token|namespace list|read|lookup", "Reads the set-up.", { name: "list" }), reads("read|list|status|version|path-help|print|debug", "Reads the set-up."), governs("login|token|policy|auth|secrets|lease|audit|unwrap", "Changes rights."), writes("kv|write|patch", "Writes secrets.")] },
  { name: "secrets", programs: "op doppler infisical chamber sops gopass pass bw", withValue: "--vault --account -p --project -c --config --format", place: "--env --environment", rules: [destroys("item|vault|document|user|group|connect|service-account|secrets|configs|projects|environments|folders delete|remove|rm|unset", "Deletes secrets.", { name: "delete" }), destroys("delete|rm|remove|purge", "Deletes secrets."), governs("item|vault|document|user|group|secrets|configs|projects create|edit|grant|revoke|set|update|upload|suspend|reactivate|move|archive|lock|unlock|share", "Changes secrets or rights.", { name: "change" }), reads("read|item|vault|whoami|account|list|export|get|show|ls|find|secrets|projects|environments|configs|status|history|signin|folders|inject|me|activity|document|user|group", "Reads secrets."), governs("login|logout|setup|insert|edit|generate|write|import|init|unlock|lock|sync", "Changes secrets.")] },
  { name: "gpg", programs: "gpg gpg2", withValue: "-r -u -o --output --recipient --keyserver", rules: [destroys("", "Deletes keys.", { flags: "--delete-key|--delete-keys|--delete-secret-key|--delete-secret-keys|--delete-secret-and-public-key", name: "delete-key" }), governs("", "Exports or changes keys.", { flags: "--export-secret-keys|--import|--edit-key|--gen-key|--full-generate-key|--gen-revoke", name: "keys" }), writes("", "Encrypts, decrypts or signs.", { name: "crypt" })] },
  { name: "mail", programs: "mail mailx sendmail mutt swaks msmtp", withValue: "-s -a -r -c -b -S", rules: [publishes("", "Sends a message.", { name: "send" })] },
];
