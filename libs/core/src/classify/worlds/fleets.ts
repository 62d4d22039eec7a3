/** What configures fleets of machines, and the machines themselves where they are virtual. */
import { followedBy } from "../followed-by.ts";
import { builds, destroys, reads, runs, type World, writes } from "./world.ts";

export const FLEETS: readonly World[] = [
  { name: "ansible", programs: "ansible-playbook ansible", withValue: "-i --inventory -e --extra-vars -t --tags -m --module-name -a --args -u --user -f --forks --vault-password-file", place: "-l --limit", dry: "-C --check --list-hosts --list-tasks --syntax-check", rules: [destroys("", "Runs a playbook that is named for destroying.", { text: /(^|[\s/_-])(destroy|teardown|tear-down|wipe|purge|delete|remove|uninstall|nuke|decommission|reset|cleanup)[\w.-]*\.ya?ml(\s|$)/i, name: "destroying-playbook", safer: "--check --diff first." }), destroys("", "Stops or restarts machines or services on every host.", { text: /-m (ansible\.builtin\.)?(reboot|shutdown|community\.general\.shutdown)\b|state[=:]\s*["']?(stopped|restarted)/, name: "stop" }), destroys("", "Deletes files or packages on every host.", { text: followedBy(/-m (file|shell|command|raw)\b/, /\b(rm|mkfs|dd|shutdown|reboot)\b/, /state[=:]\s*["']?absent|\brm -[a-z]*r/), name: "absent" }), runs("", "Runs tasks on every host.", { name: "run" })] },
  { name: "ansible", programs: "ansible-vault ansible-galaxy ansible-inventory ansible-doc ansible-lint", withValue: "", rules: [reads("", "Reads or prepares.", { name: "prepare" })] },
  {
    name: "salt",
    programs: "salt salt-call salt-ssh salt-run salt-cloud salt-key",
    withValue: "-t -G -E -L -C -N -S --timeout --out -c",
    dry: "test=True",
    rules: [
      destroys("", "Stops, deletes or empties on every machine that answers.", { text: followedBy(/\bcmd\.(run|shell|script)\b/, /\b(rm\s+-|mkfs|dd\s|shutdown|reboot|halt|drop|wipefs|truncate)/, /\b((file|pkg|user|group|service|docker\w*|lvm|mysql|postgres|zfs|virt)\.(remove|purge|delete|absent|rmdir|stop|disable|db_remove|destroy|lvremove|vgremove|stop_all)|system\.(halt|poweroff|reboot|shutdown|init)|state\.(apply|sls)\s+\S*(destroy|teardown|wipe|purge))/), name: "destroy" }),
      destroys("", "Deletes machines or their keys.", { flags: "-d|-D|--delete|--delete-all|--destroy", name: "delete" }),
      reads("* test.ping|grains.items|grains.get|pillar.items|pillar.get|sys.doc|status.uptime|pkg.list_pkgs|service.status|disk.usage|cmd.which", "Reads the state of machines.", { name: "read" }),
      reads("", "Lists keys.", { flags: "-L|--list|-l", name: "read" }),
      runs("", "Runs on every machine that answers.", { name: "run" }),
    ],
  },
  {
    name: "puppet",
    programs: "puppet puppetserver bolt",
    withValue: "--modulepath --environment -t --targets --query",
    dry: "--noop",
    rules: [
      destroys("node|cert|ca|module|facts clean|deactivate|purge|destroy|revoke|uninstall", "Takes a node or its certificate away.", { name: "node-clean" }),
      destroys("", "Deletes what the resource names.", { text: /ensure\s*=>?\s*["']?(absent|purged|stopped)/, name: "absent" }),
      destroys("command run *", "Runs a deletion on every target.", { text: /\brm\s+-[a-zA-Z]*r|\bmkfs|\bshutdown|\breboot/, name: "command-destroy" }),
      reads("help|config|describe|doc|facts|lookup|module|parser|node|cert|resource|strings|inventory", "Reads the set-up."),
      runs("", "Applies a configuration.", { name: "apply" }),
    ],
  },
  {
    name: "chef",
    programs: "knife chef chef-client chef-server-ctl berks inspec",
    withValue: "-c --config -E -x -i -P",
    place: "-E --environment",
    rules: [
      destroys("node|client|cookbook|role|environment|data|user|org|vault|ec2|azure|google|tag delete|bulk|purge|bag|server|remove", "Deletes nodes, cookbooks or what they know.", { text: /\b(delete|bulk delete|purge|remove)\b/, name: "delete" }),
      destroys("ssh *", "Runs a deletion on every node.", { text: /\brm\s+-[a-zA-Z]*r|\bshutdown|\breboot/, name: "ssh-destroy" }),
      destroys("cleanse|uninstall|user-delete|org-delete", "Empties the server."),
      reads("", "Reads the set-up.", { text: /^(\w+ )?(list|show|status|search|diff|version|help|check|describe)\b/, name: "read" }),
      runs("", "Applies a configuration.", { name: "apply" }),
    ],
  },
  {
    name: "vagrant",
    programs: "vagrant multipass packer virsh VBoxManage vboxmanage lxc incus qm pct pvesm pvesh vzdump limactl lima colima orb orbctl govc xe esxcli vmrun prlctl tart utmctl virt-install proxmox-backup-client",
    withValue: "--provider --type -c --connect --remote",
    rules: [
      destroys("destroy|delete|purge|undefine|vol-delete|snapshot-delete|unregistervm|pool-destroy|pool-delete|storage|vm.destroy|datastore.rm|snapshot.remove|net-destroy|closemedium|unregister|rm|deleteVM|deleteSnapshot|reset|factory-reset|prune|forget|rollback|revertToSnapshot|vm-destroy|vm-uninstall|sr-destroy|vdi-destroy|remove", "Deletes machines, disks or snapshots, or winds them back.", { without: "--dry-run" }),
      destroys("storage|snapshot|image|profile|network|project|volume|cluster|pool|disk|vm|box|plugin|hyperv delete|remove|rm|prune|destroy|restore|rollback|volume|wipe", "Deletes machines, disks or snapshots, or winds them back.", { text: /\b(delete|remove|rm|prune|destroy|restore|rollback|wipe)\b/, name: "delete" }),
      destroys("controlvm * poweroff|reset", "Cuts a machine's power.", { name: "poweroff" }),
      reads("status|list|info|ssh-config|global-status|version|validate|dominfo|net-list|ls|vm.info|about|find|config|showvminfo|dumpxml|vol-list|pool-list|snapshot-list|domstate|monitor", "Reads the state of machines."),
      writes("up|halt|start|stop|suspend|resume|launch|reload|provision|shutdown|reboot|create|define|snapshot|transfer|mount|set|edit|copy|clone|move|migrate|startvm|createvm|modifyvm|import|export|file", "Starts or stops machines."),
      runs("ssh|shell|exec|console", "Opens a shell in a machine."),
      builds("build|init|box|validate|fmt|plugins", "Builds an image."),
    ],
  },
];
