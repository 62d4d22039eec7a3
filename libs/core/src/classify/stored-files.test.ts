import { describe, expect, it } from "vitest";
import type { Classifiable } from "./classify.ts";
import { prepareClassifiers } from "./sql/prepare.ts";
import { restoreFiles, serializeFiles, STORED_AGENT_BYTES, STORED_BYTES } from "./stored-files.ts";
import { MAX_AGENT_SESSIONS, MAX_SESSIONS, SessionFiles } from "./written-files.ts";

await prepareClassifiers();

const shell = (command: string): Classifiable => ({ tool: "bash", operation: null, request: { kind: "shell", command }, inputs: null, resource: null });
const writes = (path: string): Classifiable => shell(`cat > ${path} <<'EOF'\npsql -c "DROP TABLE orders"\nEOF`);
const runs = (files: SessionFiles, path: string, agent = "t/a", session = "s"): string => files.classify(agent, session, shell(`sh ${path}`)).worst.operation;

/** As after a restart. */
const back = (files: SessionFiles): SessionFiles => restoreFiles(serializeFiles(files))!;

describe("what sessions wrote, stored", () => {
  it("comes back: a script that is run afterwards is judged by what it holds", () => {
    const files = new SessionFiles();
    files.classify("t/a", "s", writes("clean.sh"));
    expect(runs(new SessionFiles(), "clean.sh")).not.toBe("sql.drop-table");
    expect(runs(back(files), "clean.sh")).toBe("sql.drop-table");
    expect(runs(back(files), "clean.sh", "t/b")).not.toBe("sql.drop-table");
    expect(back(back(files)).size).toBe(1);
  });

  it("has changed when something that matters was written, or written over, and not by being run", () => {
    const files = new SessionFiles();
    const changes = (action: Classifiable): boolean => {
      files.classify("t/a", "s", action);
      return files.takeChanged();
    };
    expect([shell("ls"), shell("echo hello > notes.sh"), writes("clean.sh"), shell("sh clean.sh"), shell("echo 'ls' > clean.sh"), shell("ls")].map(changes)).toEqual([false, false, true, false, true, false]);
    expect(back(files).size).toBe(0);
  });

  it("stays within its bytes, for all and for each agent, and keeps what was used last", () => {
    const files = new SessionFiles();
    for (let at = 0; at < 2 * MAX_AGENT_SESSIONS; at += 1) for (let file = 0; file < 32; file += 1) files.classify("t/loud", `s${at}`, writes(`${"long/".repeat(20)}${file}.sh`));
    for (let at = 0; at < 2 * MAX_SESSIONS; at += 1) files.classify(`t/${at}`, "s", writes("clean.sh"));
    files.classify("t/loud", "last", writes("clean.sh"));
    const bytes = serializeFiles(files);
    expect(bytes.length).toBeLessThan(STORED_BYTES + 64);
    expect(Buffer.byteLength(JSON.stringify((JSON.parse(Buffer.from(bytes).toString()) as { agents: unknown[] }).agents.at(-1)))).toBeLessThan(STORED_AGENT_BYTES + 64);
    expect(runs(back(files), "clean.sh", "t/loud", "last")).toBe("sql.drop-table");
    expect(runs(back(files), "clean.sh", `t/${2 * MAX_SESSIONS - 1}`)).toBe("sql.drop-table");
  });

  it("of a session with more than fits keeps the files that were written last", () => {
    const files = new SessionFiles();
    const all = Array.from({ length: 4 }, (_, at) => `rm -rf /srv/${"x".repeat(250)}${at} /srv/${"y".repeat(250)}${at}`).join("\n");
    const paths = Array.from({ length: 32 }, (_, at) => `${"long/".repeat(95)}${at}.sh`);
    for (const path of paths) files.classify("t/a", "s", shell(`cat > ${path} <<'EOF'\n${all}\nEOF`));
    const whole = JSON.stringify([...files.agents.get("t/a")!.get("s")!.losses]).length;
    expect(whole).toBeGreaterThan(STORED_AGENT_BYTES);
    const kept = [...back(files).agents.get("t/a")!.get("s")!.losses.keys()];
    expect(kept.length).toBeGreaterThan(10);
    expect(kept).toEqual(paths.slice(-kept.length));
    expect(kept.length).toBeLessThan(32);
  });

  it("is refused where it is anything else", () => {
    const files = new SessionFiles();
    files.classify("t/a", "s", writes("clean.sh"));
    const text = Buffer.from(serializeFiles(files)).toString();
    for (const other of ["", "[]", "{}", text.slice(0, -1), text.replace('"v":1', '"v":2'), text.replace('"irreversible"', '"harmless"'), text.replace('"targets":[', '"targets":[3,')]) {
      expect(other).not.toBe(text);
      expect(restoreFiles(Buffer.from(other))).toBeNull();
    }
  });
});
