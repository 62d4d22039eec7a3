import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type KeyCommands, keyCommands } from "./key-provider.ts";
import { sealingKeyFromProvider } from "./sealing-key.ts";

/** Stands for a key management service: each byte is turned over, so that wrapped and unwrapped differ. */
const FLIP = "process.stdin.on('data', (d) => process.stdout.write(d.map((b) => b ^ 0xff)))";
const script = (text: string): readonly string[] => [process.execPath, "-e", text];
const flip: KeyCommands = { unwrap: script(FLIP), wrap: script(FLIP) };

let dir: string;
const path = (): string => join(dir, "keys", "wrapped");
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "tripline-wrapped-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

describe("a sealing key under the operator's key management", () => {
  it("is made and wrapped at first use, and is the same ever after", () => {
    const made = sealingKeyFromProvider(path(), keyCommands(flip));
    expect(made.byteLength).toBe(32);
    const wrapped = readFileSync(path());
    expect(wrapped.map((byte) => byte ^ 0xff)).toEqual(Buffer.from(made));
    expect(sealingKeyFromProvider(path(), keyCommands({ unwrap: flip.unwrap }))).toEqual(made);
  });

  it("may be printed as bytes, hexadecimal or base64", () => {
    writeFileSync(join(dir, "wrapped"), "wrapped elsewhere");
    const key = new Uint8Array(32).fill(7);
    const from = (unwrap: string) => sealingKeyFromProvider(join(dir, "wrapped"), keyCommands({ unwrap: script(unwrap) }));
    expect(from("process.stdout.write(Buffer.alloc(32, 7))")).toEqual(key);
    expect(from("console.log('07'.repeat(32))")).toEqual(key);
    expect(from("console.log(Buffer.alloc(32, 7).toString('base64'))")).toEqual(key);
  });

  it.each([
    ["ends with an error", "console.log('hunter2'); console.error('hunter2'); process.exit(3)", "The command ended with code 3."],
    ["prints no key", "console.log('hunter2')", ""],
    ["prints without end", "setInterval(() => process.stdout.write('hunter2'.repeat(10000)), 1)", "The command printed more than 65536 bytes."],
    ["does not end", "setInterval(() => {}, 1000)", "The command did not end within 700 ms."],
    ["leaves a child that holds its output", `require("child_process").spawn("sleep", ["20"], { stdio: "inherit" }); setInterval(() => {}, 1000)`, "The command did not end within 700 ms."],
  ])("is refused in bounded time when the command %s, and nothing of it is shown", (_, unwrap, detail) => {
    writeFileSync(join(dir, "wrapped"), "wrapped");
    const startedMs = performance.now();
    let caught: unknown;
    try {
      sealingKeyFromProvider(join(dir, "wrapped"), keyCommands({ unwrap: script(unwrap), timeoutMs: 700 }));
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ code: "TL_SEAL_KEY_INVALID", detail });
    expect(JSON.stringify([String(caught), caught])).not.toContain("hunter2");
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  it("is refused when the command is missing, or none can wrap a new key", () => {
    const missing = keyCommands({ unwrap: [join(dir, "no-such-program")] });
    writeFileSync(join(dir, "wrapped"), "wrapped");
    expect(() => sealingKeyFromProvider(join(dir, "wrapped"), missing)).toThrow("The command cannot be run (ENOENT).");
    expect(() => sealingKeyFromProvider(path(), keyCommands({ unwrap: flip.unwrap }))).toThrow("There is no wrapped key, and no command to wrap a new one.");
    expect(() => sealingKeyFromProvider(join(dir, "wrapped"), keyCommands({ unwrap: [] }))).toThrow("No command is given.");
  });

  it("is never kept when it does not come back as it was", () => {
    const other = keyCommands({ wrap: flip.wrap ?? [], unwrap: script("process.stdout.write(Buffer.alloc(32, 7))") });
    expect(() => sealingKeyFromProvider(path(), other)).toThrow("does not unwrap to the same key");
    expect(existsSync(path())).toBe(false);
  });
});
