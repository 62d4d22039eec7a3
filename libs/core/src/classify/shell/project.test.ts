import { describe, expect, it } from "vitest";
import { type Classifiable, classify } from "../classify.ts";
import { classifyRemembered } from "../remembered.ts";
import { prepareClassifiers } from "../sql/prepare.ts";
import { projectAt } from "./project.ts";

await prepareClassifiers();

const PROJECT = "/home/u/app";
const run = (command: string, workingDirectory?: string): Classifiable => ({ tool: "shell", request: { kind: "shell", command }, inputs: null, operation: null, resource: null, ...(workingDirectory === undefined ? {} : { workingDirectory }) });
const worst = (command: string, workingDirectory?: string) => classify(run(command, workingDirectory)).worst;
const isConfined = (command: string, directory?: string): boolean => {
  const { reversibility, confinedTo } = worst(command, directory);
  return reversibility !== "irreversible" || confinedTo === "workspace";
};

describe("a path below the working directory that the agent tells", () => {
  it.each([
    ["rm -rf /home/u/app/src", "rm -rf src"],
    ["rm -rf ~/app/src/", "rm -rf src"],
    ["rm -rf /home/u/app/./src/../lib", "rm -rf lib"],
    ["rm /home/u/app/a.ts /home/u/app/b.ts", "rm a.ts b.ts"],
    ["rm -rf /home/u/app/node_modules", "rm -rf node_modules"],
    ["rm -rf /home/u/app/.git", "rm -rf .git"],
    ["rm -rf /home/u/app", "rm -rf ."],
    ["rm -rf /home/u/app/*", "rm -rf ./*"],
    ["rm /home/u/app/.env", "rm .env"],
    ["find /home/u/app/lib -name '*.orig' -delete", "find lib -name '*.orig' -delete"],
    ["X=/home/u/app/src; rm -rf \"$X\"", "rm -rf src"],
    ["bash -c 'rm -rf /home/u/app/src'", "rm -rf src"],
    ["cd /home/u/app && rm -rf /home/u/app/src", "rm -rf src"],
  ])("is judged as the relative path that it is: %s", (absolute, relative) => {
    const told = worst(absolute, PROJECT);
    const meant = worst(relative);
    expect([told.operation, told.effect, told.reversibility, told.confinedTo]).toEqual([meant.operation, meant.effect, meant.reversibility, meant.confinedTo]);
  });

  it("is a loss without bound where the directory is not told", () => {
    expect(isConfined("rm -rf /home/u/app/src")).toBe(false);
  });

  it.each([
    "rm -rf /home/u/app2",
    "rm -rf /home/u/app/../other",
    "rm -rf /home/u",
    "rm -rf /home/u/app/src /srv/data",
    "cd /tmp/x && rm -rf /home/u/app/src",
    "cd /etc && rm -rf /home/u/app/src",
    "rm -rf /home/u/app/$X",
    "ssh host 'rm -rf /home/u/app/src'",
    "docker exec c rm -rf /home/u/app/src",
    "sudo ssh host rm -rf /home/u/app/src",
  ])("is none of these: %s", (command) => {
    expect(isConfined(command, PROJECT)).toBe(false);
  });

  it("takes a host's commands alone out of it, and not what follows them", () => {
    expect(isConfined("ssh host ls; rm -rf /home/u/app/src", PROJECT)).toBe(true);
  });

  it.each(["/", "//", "/home", "/home/u", "/home/u/", "~", "~/", "/root", "/etc", "/etc/nginx", "/usr/local/src", "/var/lib/app", "/var/www/app", "/srv/app", "/data", "/mnt/x", "/tmp", "/tmp/x", "/home/u/.ssh", "/home/u/app/..", "/home/u/../..", "/home/u/app/.git", "app", "", ".", `/home/u/${"a".repeat(2_000)}`])("says nothing where it can be no project's: %s", (directory) => {
    expect(projectAt(directory)).toBeNull();
  });

  it.each(["/etc", "/", "/srv", "/home/u"])("gains nothing by a lie that names %s", (directory) => {
    for (const command of [`rm -rf ${directory}/x`, `rm -rf ${directory}`, "rm -rf /etc/nginx", "rm -rf /srv/data"]) expect(worst(command, directory)).toEqual(worst(command));
  });
});

describe("the directory of one command", () => {
  const tool = (inputs: object, workingDirectory?: string): Classifiable => {
    const text = JSON.stringify(inputs);
    return { tool: "bash", request: null, inputs: { text, fullBytes: text.length, truncated: false, digest: "0".repeat(64) }, operation: null, resource: null, ...(workingDirectory === undefined ? {} : { workingDirectory }) };
  };

  it.each(["cwd", "workdir", "working_directory"])("is taken from the tool's input %s", (name) => {
    expect(classify(tool({ command: "rm -rf /home/u/app/src", [name]: PROJECT })).worst.confinedTo).toBe("workspace");
    expect(classify(tool({ command: "rm -rf /home/u/app/src", [name]: "/home/u/other" }, PROJECT)).worst.confinedTo).toBeUndefined();
  });

  it("is that of the action where the input names none", () => {
    expect(classify(tool({ command: "rm -rf /home/u/app/src" }, PROJECT)).worst.confinedTo).toBe("workspace");
  });

  it("is part of what a remembered classification is of", () => {
    const command = "rm -rf /home/u/app/remembered";
    expect(classifyRemembered(run(command, PROJECT)).worst.confinedTo).toBe("workspace");
    expect(classifyRemembered(run(command)).worst.confinedTo).toBeUndefined();
    expect(classifyRemembered(run(command, PROJECT)).worst.confinedTo).toBe("workspace");
  });
});
