import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { dataDirOf, loadConfig } from "./options.ts";

const folder = mkdtempSync(join(tmpdir(), "tripline-options-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Writes each text as a configuration file, in this order. */
const files = (...texts: readonly string[]): string[] =>
  texts.map((text, index) => {
    const path = join(folder, `${index}.yaml`);
    writeFileSync(path, text);
    return path;
  });

const SHIPPED = `
eventLog: { kind: kafka, brokers: ["kafka:9092"] }
store: { kind: postgres, host: postgres, database: tripline, user: tripline, passwordEnv: TRIPLINE_STORE_PASSWORD }
keys: { masterEnv: TRIPLINE_MASTER_KEY }
`;

describe("configuration files", () => {
  it("are merged key by key; lists and plain values of the later one hold", async () => {
    const { eventLog, store } = await loadConfig(files(SHIPPED, `eventLog: { brokers: ["a:1", "b:2"] }\nstore: { host: db }`));
    expect(eventLog).toMatchObject({ kind: "kafka", brokers: ["a:1", "b:2"], partitions: 48 });
    expect(store).toMatchObject({ kind: "postgres", host: "db", user: "tripline" });
  });

  it("name one place of a secret: a later file's takes the place of an earlier one's, of whatever sort", async () => {
    const { store, keys } = await loadConfig(files(SHIPPED, `store: { passwordFile: pw }\nkeys: { masterWrappedFile: wrapped, unwrapCommand: [unwrap] }`));
    expect(store).toMatchObject({ passwordFile: join(folder, "pw") });
    expect(store).not.toHaveProperty("passwordEnv");
    expect(keys).toEqual({ masterWrappedFile: join(folder, "wrapped"), unwrapCommand: ["unwrap"] });
    const back = await loadConfig(files(SHIPPED, "keys: { masterFile: key }", "keys: { masterEnv: KEY, fingerprintFile: print }"));
    expect(back.keys).toEqual({ masterEnv: "KEY", fingerprintFile: join(folder, "print") });
  });

  it("mean a relative `…File` or socket from where it is stated, in lists too, and leave an absolute one", async () => {
    expect((await loadConfig(files("gate: { socket: gate.sock }"))).gate?.socket).toBe(join(folder, "gate.sock"));
    const { credentials } = await loadConfig(files("credentials: [{ id: a, provider: p, providerRef: r, kind: k, secretFile: ./a.secret }, { id: b, provider: p, providerRef: r, kind: k, secretFile: /etc/b }]"));
    expect(credentials.map(({ secretFile }) => secretFile)).toEqual([join(folder, "a.secret"), "/etc/b"]);
  });

  it("mean a relative dataDir from where it is stated", async () => {
    const given = files("dataDir: ./here", "logLevel: info");
    expect((await loadConfig(given)).dataDir).toBe(join(folder, "here"));
    expect(dataDirOf(given)).toBe(join(folder, "here"));
  });

  it("that are no list of keys, or no YAML, are refused without a word of what they hold", async () => {
    for (const text of ["- secret-word", "secret-word", "a: [secret-word"]) {
      const refusal = await loadConfig(files(text)).catch(String);
      expect(refusal).toContain("TL_CONFIG_INVALID");
      expect(refusal).not.toContain("secret-word");
    }
  });
});
