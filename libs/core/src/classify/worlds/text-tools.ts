/** Programs that only read: whatever their arguments say is data. */
import { destroys, governs, reads, type World, writes } from "./world.ts";

const READERS: World = {
  name: "shell",
  programs:
    "cat less more head tail grep egrep fgrep rg ag ack ls ll dir tree stat file wc sort uniq cut tr diff cmp comm nl od xxd hexdump strings jq column paste join fold fmt rev tac expand " +
    "which whereis whatis man info cal uptime uname whoami id groups users who w last printenv ps top htop free df du lsof lsblk blkid netstat ss ping dig nslookup host traceroute " +
    "md5 md5sum sha1sum sha256sum sha512sum shasum cksum b2sum base64 base32 seq yes sleep expr bc dc realpath readlink basename dirname tput clear locale getent getconf nproc arch lscpu lsmod " +
    "bat exa eza fzf delta tokei cloc scc hyperfine zcat zgrep zless bzcat xzcat pdftotext ffprobe identify test true false cd uuidgen pgrep pidof sw_vers vm_stat vmstat iostat mpstat ldd nm objdump readelf otool sha224sum sha384sum rga semgrep ast-grep gitleaks trufflehog shellcheck actionlint hadolint yamllint jsonlint tldr",
  withValue: "",
  rules: [reads("", "Only reads; its arguments are data.", { name: "read" })],
};

/** Programs that read unless an option or operand says otherwise. */
export const TEXT_TOOLS: readonly World[] = [
  READERS,
  { name: "shell", programs: "date", withValue: "-d --date -f --file -r --reference -I -v -j", rules: [governs("", "Sets the machine's clock.", { flags: "-s|--set", name: "set-clock" }), governs("", "Sets the machine's clock.", { command: /^\d{4,12}(\.\d+)?$/, without: "-d|--date|-j|-r", name: "set-clock" }), reads("", "Shows the time.", { name: "read" })] },
  { name: "shell", programs: "hostname", withValue: "", rules: [governs("*", "Renames the machine.", { name: "set-hostname" }), governs("", "Renames the machine.", { flags: "-F|--file|-b", name: "set-hostname" }), reads("", "Shows the machine's name.", { name: "read" })] },
  { name: "shell", programs: "dmesg", withValue: "-l --level -f --facility -s -n", rules: [destroys("", "Empties the kernel's log.", { flags: "-C|-c|--clear|--read-clear", name: "clear-log" }), reads("", "Shows the kernel's log.", { name: "read" })] },
  { name: "shell", programs: "yq", withValue: "-o -p --output-format --input-format -I --indent -s", rules: [writes("", "Edits files in place.", { flags: "-i|--inplace|--in-place", name: "edit" }), reads("", "Only reads; its arguments are data.", { name: "read" })] },
];
