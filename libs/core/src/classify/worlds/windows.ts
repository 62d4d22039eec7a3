/** The command-line programs of Windows; PowerShell's own commands are in `shell/powershell.ts`. */
import { followedBy } from "../followed-by.ts";
import { destroys, governs, reads, unprotects, type World, writes } from "./world.ts";

export const WINDOWS: readonly World[] = [
  { name: "windows", programs: "format diskpart cipher", withValue: "", rules: [reads("", "Shows help.", { text: /^\/\?$|^(list|detail)\b/i, name: "query" }), destroys("", "Erases a disk.", { name: "erase" })] },
  { name: "windows", programs: "bcdedit reg fsutil", withValue: "/v /t /d", rules: [reads("query|/enum|export|compare|fsinfo|volume|/v", "Reads settings."), unprotects("", "Turns the machine's recovery off.", { text: /recoveryenabled\s+(no|off|0)|bootstatuspolicy\s+ignoreallfailures|safeboot|testsigning\s+on/i, name: "recovery-off" }), destroys("", "Deletes settings, a journal or a boot entry.", { text: /^(delete|\/delete\w*|\/deletevalue|unload|usn deletejournal|file setzerodata|dirty set|reparsepoint delete|\/import|restore|import)\b/i, name: "erase" }), governs("", "Changes settings.", { name: "change" })] },
  { name: "windows", programs: "sc net schtasks taskkill wevtutil wmic netsh wsl takeown icacls cacls dism netdom dsrm dsmod w32tm manage-bde auditpol fltmc mountvol subst wusa", withValue: "", rules: [
    unprotects("", "Turns a firewall, an audit log or an encryption off.", { text: followedBy(/advfirewall\b/i, /\boff\b|\breset\b|\bdelete\b/, /firewall set opmode disable|^(cl|clear-log|sl)\b|^-off\b|^\/(clear|remove)\b|-protectors -(disable|delete)|^unload\b/), name: "protection-off" }),
    reads("query|queryex|qc|list|view|show|el|gl|qe|status|-l|--list|--status|/query|/get|/v", "Reads settings."),
    reads("", "Reads settings.", { text: /^(\/query|\/\?|user|start|config|statistics|accounts|localgroup|share|use|session|file|\S+ (get|list|show)\b[^]*|-status|--list\S*|-l|--version)$|\bshow\b|\s(get|list)\s/i, without: "/delete", name: "query" }),
    destroys("", "Deletes, stops or kills what it names.", { text: /(^|\s)(delete|\/delete|stop|\/f|\/end|shadowcopy delete|--unregister|--shutdown|\/im|\/pid|uninstall|call (terminate|uninstall|delete)|reset|\/reset|\/r|\/deny\S*|\/remove\S*|\/disable-feature\S*|\/d|remove|-subtree|\/change .*\/disable|disable)(\s|:|$)/i, name: "delete" }),
    governs("", "Changes the machine.", { name: "change" }),
  ] },
  { name: "vssadmin", programs: "wbadmin", withValue: "", rules: [destroys("delete|stop|disable", "Deletes backups, or stops making them."), reads("get", "Lists backups."), writes("start|enable|restore", "Makes or restores backups.")] },
];
