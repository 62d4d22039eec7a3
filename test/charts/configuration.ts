/** The configuration that a pod runs with: the shipped one of its target, and over it what the chart made of the values. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LauncherConfig, mergedFiles } from "@tripline/launcher";
import { checkConfig } from "@tripline/runtime";
import { parse } from "yaml";
import { at, listAt, type Manifest, textAt } from "./kubernetes.ts";
import type { Pods } from "./network.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Where the image has the built repository: see Dockerfile. */
const IMAGE_ROOT = "/app/";
const CONFIG_MOUNT = "/etc/tripline/config/";

type Plain = Record<string, unknown>;

/** As `tripline` would read it, defaults included. Throws as it would. */
export function configurationOf(manifests: readonly Manifest[], pods: Pods): LauncherConfig {
  const args = listAt(pods.spec, "containers", 0, "args").map(String);
  const files = args.filter((_arg, index) => args[index - 1] === "--config");
  const given = files.map((file) => parse(textOf(manifests, file)) as Plain);
  return checkConfig(LauncherConfig, given.reduce(mergedFiles, {}));
}

function textOf(manifests: readonly Manifest[], file: string): string {
  if (file.startsWith(IMAGE_ROOT)) return readFileSync(ROOT + file.slice(IMAGE_ROOT.length), "utf8");
  const text = manifests.find(({ kind }) => kind === "ConfigMap")?.data?.[file.slice(CONFIG_MOUNT.length)];
  if (!file.startsWith(CONFIG_MOUNT) || text === undefined) throw new Error(`nothing is mounted at ${file}`);
  return text;
}

/** Environment variables of the pods' container: name → `Secret/key`, or null where it is no secret. */
export function environmentOf(pods: Pods): ReadonlyMap<string, string | null> {
  return new Map(
    listAt(pods.spec, "containers", 0, "env").map((one) => {
      const secret = at(one, "valueFrom", "secretKeyRef");
      return [textAt(one, "name"), secret === undefined ? null : `${textAt(secret, "name")}/${textAt(secret, "key")}`];
    }),
  );
}

/** Folders of the container that hold Secrets: path → `Secret/key` of each file, or `Secret/*`. */
export function secretFoldersOf(pods: Pods): ReadonlyMap<string, readonly string[]> {
  return new Map(
    listAt(pods.spec, "containers", 0, "volumeMounts").flatMap((mount): [string, string[]][] => {
      const secret = at(listAt(pods.spec, "volumes").find((volume) => textAt(volume, "name") === textAt(mount, "name")), "secret");
      if (secret === undefined) return [];
      const name = textAt(secret, "secretName");
      const keys = at(secret, "items") === undefined ? ["*"] : listAt(secret, "items").map((item) => textAt(item, "key"));
      return [[textAt(mount, "mountPath"), keys.map((key) => `${name}/${key}`)]];
    }),
  );
}

/** Everything secret that the pods get, sorted. */
export function secretsOf(pods: Pods): string[] {
  return [...[...environmentOf(pods).values()].filter((place) => place !== null), ...[...secretFoldersOf(pods).values()].flat()].toSorted();
}
