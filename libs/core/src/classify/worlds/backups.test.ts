import { describe, expect, it } from "vitest";
import { prepareClassifiers } from "../sql/prepare.ts";
import { classifyShell } from "../shell/shell.ts";

await prepareClassifiers();

/** With the canonical operation of the worst that is found. */
const LOSSES: readonly (readonly [text: string, operation: string])[] = [
  ["passwd -l root", "user.lock"],
  ["passwd -d u", "user.lock"],
  ["tmutil delete /x", "tmutil.delete"],
  ["tmutil deletelocalsnapshots /", "tmutil.delete"],
  ["tmutil disable", "tmutil.delete"],
  ["rsync -a --delete empty/ /data/", "shell.rsync-delete"],
  ["rsync --remove-source-files a/ host:/b/", "shell.rsync-delete"],
  ["scp x host:/etc/passwd", "shell.scp"],
  ["scp -r cfg root@h:/etc/", "shell.scp"],
  ["ssh h 'rm -rf /data'", "shell.rm"],
  ["ssh h \"sudo systemctl stop nginx\"", "systemctl.stop"],
  ["ssh-keygen -R host", "ssh-keys.forget-host"],
  ["ssh-add -D", "ssh-keys.forget-keys"],
  ["sftp h <<< 'rm x'", "shell.sftp-delete"],
  ["lftp -e 'mirror -R --delete a b; quit' h", "shell.lftp-delete"],
  ["lftp -c 'open h; rm -r /x'", "shell.lftp-delete"],
  ["parallel-ssh -h hosts 'rm -rf /data'", "shell.rm"],
  ["sshpass -p x ssh h rm -rf /data", "shell.rm"],
  ["rclone purge r:b", "rclone.delete"],
  ["rclone sync a r:b", "rclone.sync"],
  ["rclone delete r:b", "rclone.delete"],
  ["unison a b -force a", "shell.unison"],
  ["b2 delete-bucket b", "minio.delete"],
  ["b2 bucket delete b", "minio.delete"],
  ["b2 rm --recursive b2://b", "minio.rm"],
  ["b2 sync --delete a b2://b", "minio.mirror-remove"],
  ["s3cmd del --recursive s3://b", "minio.rm"],
  ["s3cmd sync --delete-removed a s3://b", "minio.mirror-remove"],
  ["mc rm --recursive --force m/b", "minio.rm"],
  ["mc mirror --remove a m/b", "minio.mirror-remove"],
  ["mc admin user disable m u", "minio.admin"],
  ["mc admin policy unset m p user=u", "minio.admin"],
  ["azcopy remove https://x", "minio.rm"],
  ["azcopy sync a b --delete-destination=true", "minio.mirror-remove"],
  ["restic forget --keep-last 1 --prune", "restic.forget"],
  ["borg delete r::a", "borg.delete"],
  ["duplicity remove-older-than 1D --force u", "kopia.delete"],
  ["rdiff-backup --remove-older-than 1D d", "kopia.delete"],
  ["bup rm x", "kopia.delete"],
  ["kopia snapshot delete x --delete", "kopia.delete"],
  ["velero schedule delete s", "velero.backup-delete"],
  ["velero backup-location delete b", "velero.backup-delete"],
  ["ssh host \"rm -rf /var/www\"", "shell.rm"],
  ["ssh host 'cd /srv && git reset --hard origin/main'", "git.reset-hard"],
  ["ssh host sudo reboot", "shell.shutdown"],
  ["ssh host \"docker system prune -af --volumes\"", "docker.system-prune"],
  ["ssh -t host 'sudo systemctl stop app'", "systemctl.stop"],
  ["rsync -avz --delete-after src/ host:/dst/", "shell.rsync-delete"],
  ["rsync -a --delete-excluded a/ b/", "shell.rsync-delete"],
  ["rsync -az --del a/ h:/b", "shell.rsync-delete"],
  ["scp evil root@h:/root/.ssh/authorized_keys", "shell.scp"],
  ["scp cfg h:/boot/grub/grub.cfg", "shell.scp"],
  ["scp a h:/usr/bin/b", "shell.scp"],
  ["parallel rm -rf ::: /etc /usr", "shell.rm"],
  ["vault secrets disable kv/", "secrets.disable"],
  ["vault lease revoke -prefix -force aws/", "secrets.revoke"],
  ["vault token revoke -accessor a", "secrets.revoke"],
  ["vault auth disable userpass", "secrets.disable"],
  ["vault operator raft remove-peer p", "secrets.operator"],
  ["vault policy delete p", "secrets.disable"],
  ["vault delete secret/x", "secrets.delete"],
  ["vault kv destroy -versions=1 secret/x", "secrets.kv-destroy"],
  ["op item delete i --vault v", "secrets.revoke"],
  ["op vault delete v", "secrets.revoke"],
  ["op user suspend u", "secrets.revoke"],
  ["doppler secrets delete A -y", "secrets.delete"],
  ["doppler projects delete p -y", "secrets.delete"],
  ["doppler configs tokens revoke t", "secrets.revoke"],
  ["infisical secrets delete A --env prod", "secrets.delete"],
  ["restic -r r forget --keep-last 1", "restic.forget"],
  ["restic --repo r prune --max-unused 0", "restic.forget"],
  ["restic key remove k", "restic.key-remove"],
  ["borg prune --keep-daily 1 r", "borg.delete"],
  ["borg -r r delete a", "borg.delete"],
  ["borg compact r", "borg.delete"],
  ["velero delete backup b --confirm", "velero.delete"],
  ["velero restore delete r", "velero.backup-delete"],
  ["duplicity remove-all-but-n-full 1 --force u", "kopia.delete"],
  ["duplicity cleanup --force u", "kopia.delete"],
  ["rclone --config c delete r:b --min-age 1d", "rclone.delete"],
  ["rclone deletefile r:b/f", "rclone.delete"],
  ["rclone cleanup r:", "rclone.delete"],
  ["rclone move r:a r:b", "rclone.move"],
  ["kopia snapshot expire --all --delete", "kopia.delete"],
  ["kopia repository delete", "kopia.delete"],
];

/** Nothing is lost yet, but what would bring it back is: with the rule's id. */
const UNPROTECTED: readonly (readonly [text: string, rule: string])[] = [
  ["mc version suspend m/b", "protection.minio.unprotect"],
  ["mc ilm rule add m/b --expire-days 1", "protection.minio.unprotect"],
  ["mc retention clear m/b", "protection.minio.unprotect"],
];

/** Neighbours: nothing in them is beyond repair. */
const HARMLESS: readonly string[] = [
  "tmutil listbackups",
  "passwd",
  "rsync -av src/ dst/",
  "rsync -av src/ host:/srv/app/",
  "scp a.txt host:/tmp/",
  "scp host:/etc/hosts .",
  "sftp host <<< 'get x'",
  "ssh host ls -la",
  "ssh host 'docker ps'",
  "ssh-keygen -t ed25519 -f key -N ''",
  "ssh-keygen -lf key.pub",
  "ssh-add -l",
  "ssh-add ~/.ssh/id",
  "restic snapshots",
  "restic backup /x",
  "restic check",
  "borg list r",
  "borg create r::a /x",
  "duplicity collection-status u",
  "kopia snapshot list",
  "velero backup get",
  "velero backup create b",
  "rclone ls r:b",
  "rclone copy a r:b",
  "rclone sync a r:b --dry-run",
  "rclone lsd r:",
  "b2 ls b",
  "s3cmd ls s3://b",
  "mc ls m/b",
  "mc cp a m/b",
  "mc admin info m",
  "mc version info m/b",
  "azcopy copy a b",
  "vault status",
  "vault kv get secret/x",
  "vault kv put secret/x a=b",
  "vault token lookup",
  "vault secrets list",
  "op item get x",
  "op read op://v/i/f",
  "doppler secrets",
  "doppler run -- npm start",
  "infisical secrets",
  "infisical run -- npm start",
  "sops -d f.yaml",
  "gopass show x",
  "pass show x",
  "bw list items",
  "certbot renew",
  "certbot certificates",
  "openssl x509 -in a.pem -text",
  "security find-generic-password -s x",
  "gpg --verify a.sig",
];

describe("backups, copies and secrets: losses", () => {
  it.each(LOSSES)("%s", (text, operation) => {
    const { worst } = classifyShell(text);
    expect({ operation: worst.operation, reversibility: worst.reversibility }).toEqual({ operation, reversibility: "irreversible" });
  });
});

describe("backups, copies and secrets: protection that is taken away", () => {
  it.each(UNPROTECTED)("%s", (text, rule) => {
    const { worst } = classifyShell(text);
    expect({ rule: worst.rule, reversibility: worst.reversibility }).toEqual({ rule, reversibility: "irreversible" });
  });
});

describe("backups, copies and secrets: harmless neighbours", () => {
  it.each(HARMLESS)("%s", (text) => {
    const { verdicts } = classifyShell(text);
    expect(verdicts.filter(({ reversibility, effect }) => reversibility === "irreversible" && effect !== "read")).toEqual([]);
  });
});
