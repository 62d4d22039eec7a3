/** Infrastructure as code, clusters, and what configures fleets of machines. */
import { destroys, reads, type World, writes } from "./world.ts";

const PLAN = "Show a plan to a human and apply that very plan file.";

export const INFRASTRUCTURE: readonly World[] = [
  {
    name: "terraform",
    programs: "terraform tofu terragrunt tf tfcmt",
    withValue: "-chdir -target -var -out -state -backend-config -parallelism -lock-timeout",
    place: "-var-file -workspace",
    rules: [
      destroys("destroy", "Destroys everything that the state holds.", { safer: PLAN }),
      destroys("apply", "Destroys everything that the state holds.", { flags: "-destroy|--destroy", name: "apply-destroy", safer: PLAN }),
      destroys("run-all|run|stack destroy", "Destroys everything of all modules.", { name: "destroy", safer: PLAN }),
      destroys("destroy-all", "Destroys everything of all modules.", { name: "destroy", safer: PLAN }),
      destroys("apply-all", "Applies the changes of all modules, deletions among them, that nobody has looked at.", { name: "apply-auto-approve", safer: PLAN }),
      destroys("apply", "Destroys resources and makes them again.", { flags: "-replace|--replace", name: "apply-replace", safer: PLAN }),
      destroys("apply|run-all", "Applies changes, deletions among them, that nobody has looked at.", { flags: "-auto-approve|--auto-approve|--terragrunt-non-interactive", name: "apply-auto-approve", safer: PLAN }),
      destroys("state rm|push|replace-provider", "Takes resources out of the state, or overwrites it.", { name: "state-rm" }),
      destroys("workspace delete", "Deletes a workspace with its state."),
      destroys("taint", "Marks a resource to be destroyed and made again."),
      destroys("plan", "Prepares a plan that destroys.", { flags: "-destroy|--destroy", name: "plan-destroy", text: /-out/ }),
      // A saved plan asks no question; what it deletes stands in a file that is not here.
      { ...writes("apply *", "Applies a saved plan without asking.", { name: "apply-plan", safer: "terraform show the plan first." }), reversibility: "unknown" },
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
      destroys("state delete|import|rename|upgrade", "Takes resources out of the state, or overwrites it.", { name: "state-delete" }),
      destroys("cancel", "Cuts an update off; the state no longer fits what is there."),
      destroys("config rm|rm-all", "Deletes settings and secrets of a stack.", { name: "config-rm" }),
      destroys("up|update", "Applies changes, deletions among them, that nobody has looked at.", { flags: "-y|--yes|--skip-preview|-f", name: "up-yes", safer: PLAN }),
      destroys("refresh", "Overwrites the state unasked.", { flags: "-y|--yes" }),
      writes("up|update|refresh|import|config|stack|watch", "Changes the stack.", { text: /^(up|update|refresh|import|watch|cancel)|config (set|rm)|stack (init|select|tag|rename)/ }),
      reads("preview|stack|config|logs|whoami|about|version|plugin|state|env|org|console|history", "Reads the stack."),
    ],
  },
  {
    name: "terraform",
    programs: "atmos terramate",
    withValue: "-s --stack",
    place: "-s --stack",
    nouns: "terraform run",
    rules: [
      destroys("terraform destroy|clean", "Destroys everything of a component.", { name: "destroy", safer: PLAN }),
      destroys("terraform apply|deploy", "Applies changes, deletions among them, that nobody has looked at.", { text: /-auto-approve|^terraform deploy/, name: "apply-auto-approve", safer: PLAN }),
      reads("terraform|describe|list|validate plan|*", "Reads or prepares.", { text: /\b(plan|validate|show|output|describe|list)\b/, name: "plan" }),
    ],
  },
  { name: "eksctl", programs: "eksctl kops kind k3d minikube k3s vcluster rke rke2 talosctl kubeadm kubespray k0s k0sctl microk8s capi clusterctl gardenctl rancher", withValue: "-f --config-file --region --state --nodes", place: "--name --cluster --profile -p -n", rules: [destroys("delete|reset|purge|destroy|uninstall|remove|rm", "Deletes a cluster or part of it."), destroys("delete|system cluster|nodegroup|addon|node|image|rm *", "Deletes a cluster or part of it.", { name: "delete" }), destroys("drain", "Evicts everything from nodes."), reads("get|list|status|version|info|config|ip|logs|dashboard|service|kubeconfig|validate|describe", "Reads the cluster."), writes("create|upgrade|scale|update|start|stop|apply|enable|disable|rolling-update|init|join|pause|addons|image|load", "Makes or changes a cluster.")] },
  { name: "argocd", programs: "argocd flux", withValue: "--server --auth-token -l --selector -n --namespace --revision", place: "--kube-context --context", rules: [destroys("app|appset|cluster|repo|proj|account delete|rm|delete-token|terminate-op", "Deletes an application with its objects.", { name: "delete" }), destroys("delete|uninstall", "Deletes sources, releases or the tool."), destroys("app sync", "Deletes objects that Git does not name.", { flags: "--prune|--force|--replace", name: "sync-prune" }), destroys("app rollback|terminate-op|delete-resource", "Puts an earlier version back, cuts a sync off, or deletes an object.", { name: "app-rollback" }), destroys("suspend", "Stops following Git: what drifts is no longer put right."), destroys("admin|proj|repo|cluster|cert|gpg *", "Takes a project, repository or key away.", { text: /\b(rm|remove|delete|import)\b/, name: "delete" }), reads("app|cluster|repo|proj list|get|diff|history|manifests|logs|wait|resources", "Reads applications.", { name: "get" }), reads("get|version|check|logs|events|tree|diff|stats|trace", "Reads the set-up."), writes("app|reconcile|resume|create|bootstrap|repo|cluster|proj", "Changes applications.")] },
  { name: "nomad", programs: "nomad", withValue: "-address -namespace -region", rules: [destroys("job|namespace|volume|system|alloc|var|acl stop|purge|delete|gc|deregister", "Stops or deletes.", { name: "delete" }), destroys("stop", "Stops a job."), destroys("node|operator|server|system|deployment drain|raft|force-leave|fail|purge", "Takes a node or a peer away.", { name: "node-drain" }), reads("node|job|alloc|server|operator|deployment|volume|namespace status|inspect|logs|plan|members|history|list|validate", "Reads the cluster.", { name: "status" }), reads("status|logs|plan|version|ui", "Reads the cluster."), writes("run|deployment|scale|job|node|alloc|volume|namespace|operator|server", "Changes jobs.")] },
  {
    name: "cluster-tool",
    programs: "istioctl cilium linkerd skaffold tilt okteto devspace garden waypoint werf tanzu kubefirst crossplane kn kubeless faas-cli openfaas dapr keda helmsman kapp kbld ytt pachctl mc-operator longhornctl pvecm",
    withValue: "-n --namespace -f --file --context",
    place: "--context --kube-context",
    rules: [
      destroys("uninstall|down|delete|destroy|purge|dismiss|cleanup|undeploy|remove|rm", "Takes what the tool installed from the cluster."),
      destroys("* uninstall|delete|destroy|purge|remove|rm", "Takes what the tool installed from the cluster.", { name: "delete" }),
      reads("", "Reads the cluster, or prints what would be installed.", { text: /^(\S+ )?(status|list|ls|get|version|check|diagnose|analyze|logs|render|diff|describe|proxy-status|proxy-config|viz|inspect|profile|dashboard|template)\b/, name: "get" }),
      writes("", "Changes the cluster.", { name: "change" }),
    ],
  },
];
