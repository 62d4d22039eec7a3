import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkConfig } from "@tripline/runtime";
import { afterEach, describe, expect, it } from "vitest";
import { LauncherConfig } from "./config.ts";
import { openDataDir } from "./data-dir.ts";
import { createKeys, type Keys } from "./keys.ts";

const SHARED = { eventLog: { kind: "kafka", brokers: ["localhost:9092"] } };
const dir = (): string => join(mkdtempSync(join(tmpdir(), "keys-")), "data");
const keysOf = (given: object, path = dir()): Keys => createKeys(checkConfig(LauncherConfig, given), () => openDataDir(path));
const everything = (keys: Keys) => [keys.fingerprints("acme"), keys.sealing(), keys.adminToken(), keys.ingestToken({ id: "coder" })];

describe("keys", () => {
  afterEach(() => void delete process.env["KEYS_TEST_MASTER"]);

  it("of one process are made once in its data directory, for the owner alone, and differ by purpose and tenant", () => {
    const path = dir();
    const keys = keysOf({}, path);
    expect(everything(keys)).toEqual(everything(keysOf({}, path)));
    expect(new Set([keys.fingerprints("acme"), keys.fingerprints("other"), keys.sealing()].map((key) => Buffer.from(key).toString("hex"))).size).toBe(3);
    for (const name of ["master.key", "admin-token", "tokens/coder"]) expect(statSync(join(path, name)).mode & 0o077).toBe(0);
  });

  it("of processes that share a master key agree, on machines that share nothing else", () => {
    process.env["KEYS_TEST_MASTER"] = randomBytes(32).toString("hex");
    const given = { ...SHARED, keys: { masterEnv: "KEYS_TEST_MASTER" } };
    expect(everything(keysOf(given))).toEqual(everything(keysOf(given)));
    expect(new Set(everything(keysOf(given)).map(String)).size).toBe(4);
  });

  it("come from a file of bytes or of text alike", () => {
    const key = randomBytes(32);
    const [bytes, text] = [`${dir()}.bytes`, `${dir()}.text`];
    writeFileSync(bytes, key);
    writeFileSync(text, `${key.toString("base64")}\n`);
    expect(keysOf({ keys: { masterFile: bytes } }).sealing()).toEqual(keysOf({ keys: { masterFile: text } }).sealing());
  });

  it("can lie wrapped under the operator's own key management", () => {
    const file = `${dir()}.wrapped`;
    const flip = [process.execPath, "-e", "process.stdin.on('data',(d)=>process.stdout.write(d.map((b)=>b^90)))"];
    const given = { keys: { masterWrappedFile: file, unwrapCommand: flip, wrapCommand: flip } };
    const sealing = keysOf(given).sealing();
    expect(keysOf({ keys: { masterWrappedFile: file, unwrapCommand: flip } }).sealing()).toEqual(sealing);
    const unwrapped = `${dir()}.key`;
    writeFileSync(unwrapped, readFileSync(file).map((byte) => byte ^ 90));
    expect(keysOf({ keys: { masterFile: unwrapped } }).sealing()).toEqual(sealing);
    expect(() => keysOf({ keys: { masterWrappedFile: file } }).sealing()).toThrow(/unwrapCommand/);
  });

  it("leave a collector with a fingerprint key and named tokens without the master key", () => {
    process.env["KEYS_TEST_MASTER"] = randomBytes(32).toString("hex");
    const path = dir();
    const keys = keysOf({ ...SHARED, keys: { fingerprintEnv: "KEYS_TEST_MASTER" } }, path);
    expect(keys.fingerprints("acme")).toHaveLength(32);
    expect(keys.ingestToken({ id: "coder", ingestTokenEnv: "KEYS_TEST_MASTER" })).toBe(process.env["KEYS_TEST_MASTER"]);
    expect(existsSync(join(path, "master.key"))).toBe(false);
  });

  it("that are too short, or not there, are refused by their place and never shown", () => {
    process.env["KEYS_TEST_MASTER"] = "short-and-secret";
    const short = keysOf({ admin: { tokenEnv: "KEYS_TEST_MASTER" }, keys: { masterEnv: "KEYS_TEST_MASTER" } });
    expect(() => short.adminToken()).toThrow(/admin token is shorter than 32/);
    expect(() => short.sealing()).toThrow(/TL_SEAL_KEY_INVALID/);
    expect(() => short.sealing()).not.toThrow(/short-and-secret/);
    expect(() => keysOf({ keys: { masterFile: "no-such-file" } }).sealing()).toThrow(/TL_CONFIG_SECRET_MISSING.*no-such-file/);
  });
});
