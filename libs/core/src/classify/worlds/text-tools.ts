/** Programs that only read: whatever their arguments say is data. */
import { reads, type World } from "./world.ts";

export const TEXT_TOOLS: World = {
  name: "shell",
  programs:
    "cat less more head tail grep egrep fgrep rg ag ack ls ll dir tree stat file wc sort uniq cut tr diff cmp comm nl od xxd hexdump strings jq yq column paste join fold fmt rev tac expand " +
    "which whereis whatis man info date cal uptime uname hostname whoami id groups users who w last env_ printenv ps top htop free df du lsof lsblk blkid mount_ netstat ss ip_ ifconfig_ ping dig nslookup host traceroute " +
    "md5sum sha1sum sha256sum sha512sum shasum cksum b2sum base64 base32 seq yes sleep expr bc dc realpath readlink basename dirname mktemp_ tput clear reset_ locale getent getconf nproc arch lscpu lsmod dmesg " +
    "bat fd_ exa eza fzf delta tokei cloc scc hyperfine zcat zgrep zless bzcat xzcat pdftotext exiftool_ ffprobe identify openssl_ test true false cd rga semgrep ast-grep sg_ gitleaks trufflehog shellcheck actionlint hadolint yamllint jsonlint tldr",
  withValue: "",
  rules: [reads("", "Only reads; its arguments are data.", { name: "read" })],
};
