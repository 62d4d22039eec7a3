import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { LauncherConfig, mergedFiles } from "@tripline/launcher";
import { checkConfig } from "@tripline/runtime";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { at, type Json, listAt, textAt } from "./kubernetes.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const compose = parse(readFileSync(`${ROOT}compose.yaml`, "utf8"), { merge: true }) as Json;
const services = Object.entries(at(compose, "services") ?? {}) as [string, Json][];
const ours = services.filter(([, service]) => textAt(service, "image").startsWith("tripline:"));

/** The target that a service runs, by its command. */
function targetOf(service: Json): string {
  return listAt(service, "command").map(String).find((word) => word.startsWith("--target="))?.slice("--target=".length) ?? "";
}

/** Its configuration as `tripline` would read it: shipped files of the image, and what compose puts beside them. */
function configOf(service: Json): LauncherConfig {
  const words = listAt(service, "command").map(String);
  const texts = words.filter((_word, index) => words[index - 1] === "--config").map((file) => {
    if (file.startsWith("/app/")) return readFileSync(ROOT + file.slice("/app/".length), "utf8");
    const source = listAt(service, "configs").find((one) => textAt(one, "target") === file);
    return textAt(at(compose, "configs"), textAt(source, "source"), "content");
  });
  return checkConfig(LauncherConfig, texts.map((text) => parse(text) as Record<string, unknown>).reduce(mergedFiles, {}));
}

describe("compose.yaml", () => {
  it("runs every target, and two breakers with names of their own", () => {
    expect([...new Set(ours.map(([, service]) => targetOf(service)))].toSorted()).toEqual(["breaker", "collector", "detector", "notifier"]);
    const names = ours.filter(([, service]) => targetOf(service) === "breaker").map(([, service]) => textAt(service, "environment", "TRIPLINE_INSTANCE"));
    expect(new Set(names).size).toBe(2);
  });

  it("gives each a configuration that it accepts, the servers that it names, and every secret that it asks for", () => {
    for (const [name, service] of ours) {
      const { eventLog, store, keys, monitoring } = configOf(service);
      expect(eventLog.kind === "kafka" ? eventLog.brokers : []).toEqual(["kafka:9092"]);
      expect(store.kind === "postgres" ? store.host : targetOf(service)).toBe(targetOf(service) === "collector" ? "collector" : "postgres");
      const asked = [store.kind === "postgres" ? store.passwordEnv : undefined, keys.masterEnv].filter((one) => one !== undefined);
      for (const variable of asked) expect(textAt(service, "environment", variable), `${name} ${variable}`).toContain(`\${${variable}:?`);
      expect(textAt(at(service, "healthcheck"), "test", 3)).toContain(`127.0.0.1:${monitoring.port}/readyz`);
    }
  });

  it("opens ingest alone, on loopback, and keeps brokers and database off the agents' network", () => {
    const open = services.flatMap(([name, service]) => listAt(service, "ports").map((_port, index) => `${name} ${textAt(service, "ports", index)}`));
    expect(open).toEqual(["collector 127.0.0.1:4318:4318"]);
    expect(services.filter(([, service]) => listAt(service, "networks").includes("agents")).map(([name]) => name)).toEqual(["collector"]);
    expect(at(compose, "networks", "backplane", "internal")).toBe(true);
  });

  it("runs ours on a read-only root, without capabilities, with room for what is written", () => {
    for (const [, service] of ours) {
      expect(service).toMatchObject({ read_only: true, cap_drop: ["ALL"], security_opt: ["no-new-privileges:true"] });
      expect(listAt(service, "tmpfs").map((_one, index) => textAt(service, "tmpfs", index).split(":")[0])).toEqual(["/var/lib/tripline", "/var/cache/tripline"]);
    }
  });

  it("holds no secret", () => {
    const secrets = services.flatMap(([, service]) => Object.entries(at(service, "environment") ?? {}).filter(([name]) => /PASSWORD|KEY$|TOKEN|SECRET/.test(name)));
    expect(secrets.length).toBeGreaterThan(4);
    for (const [name, value] of secrets) expect(value, name).toMatch(/^\$\{\w+:\?[^}]+\}$/);
  });
});
