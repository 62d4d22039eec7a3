/** Programs that only read: whatever their arguments say is data. */
import { reads, type World } from "./world.ts";

export const TEXT_TOOLS: World = {
  name: "shell",
  programs:
    "cat less more head tail grep egrep fgrep rg ag ack ls ll dir tree stat file wc sort uniq cut tr diff cmp comm nl od xxd hexdump strings jq yq column paste join fold fmt rev tac expand " +
    "which whereis whatis man info date cal uptime uname hostname whoami id groups users who w last printenv ps top htop free df du lsof lsblk blkid netstat ss ping dig nslookup host traceroute " +
    "md5 md5sum sha1sum sha256sum sha512sum shasum cksum b2sum base64 base32 seq yes sleep expr bc dc realpath readlink basename dirname tput clear locale getent getconf nproc arch lscpu lsmod dmesg " +
    "bat exa eza fzf delta tokei cloc scc hyperfine zcat zgrep zless bzcat xzcat pdftotext ffprobe identify test true false cd uuidgen pgrep pidof sw_vers vm_stat vmstat iostat mpstat ldd nm objdump readelf otool sha224sum sha384sum rga semgrep ast-grep gitleaks trufflehog shellcheck actionlint hadolint yamllint jsonlint tldr",
  withValue: "",
  rules: [reads("", "Only reads; its arguments are data.", { name: "read" })],
};
