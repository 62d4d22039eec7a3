import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import type { BackupTarget, FoundBackups } from "@tripline/credentials";
import { createMetrics, type Logger } from "@tripline/runtime";
import { afterAll, describe, expect, it } from "vitest";
import type { Touched } from "./backup-state.ts";
import { createGuard } from "./guard.ts";
import { ageOf } from "./look-up.ts";
import type { BackupFinder, GuardedPlace, GuardSettings } from "./settings.ts";

const NOW_MS = 1_800_000_000_000;
const LOOK_UP_MS = 200;
const home = mkdtempSync(join(homedir(), ".tripline-test-"));
// Programs that know their version and nothing else: these tests need no PostgreSQL.
for (const program of ["pg_dump", "pg_restore"]) writeFileSync(join(home, program), `#!/bin/sh\necho '${program} (PostgreSQL) 99.1'\n`, { mode: 0o755 });
mkdirSync(join(home, "open"));
chmodSync(join(home, "open"), 0o777);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const ORDERS: GuardedPlace = { database: "orders", host: "127.0.0.1", port: 9, user: "guard", password: "guards-own-password", tls: "off", tlsCaFile: null, environment: "production", resources: ["vol-1"] };
const settings = (over: Partial<GuardSettings> = {}): GuardSettings => ({ directory: join(home, "dumps"), pgDump: join(home, "pg_dump"), timeoutMs: 5_000, maxBytes: 1_000_000, before: ["*"], databases: [ORDERS], ...over });

function finder(kinds: readonly string[], answer: (target: BackupTarget) => Promise<FoundBackups>): BackupFinder {
  const description = { kind: "scripted", revokes: "never", cutsOpenSessions: false, credentialKinds: [], permissions: [], example: "", probes: [], limits: [], backups: { kinds, detail: "" } } as const;
  return { name: "scripted", provider: { describe: () => description, findBackups: answer, close: () => Promise.resolve() } };
}

const backup = (over: object = {}) => ({ id: "b1", atMs: NOW_MS - 3 * 3_600_000, outsideReach: true, restorable: "listed", detail: "a copy elsewhere", ...over }) as const;
const found = (...backups: ReturnType<typeof backup>[]) => (): Promise<FoundBackups> => Promise.resolve({ kind: "found", backups });
const touching = (operation: string, ...targets: readonly [kind: string, id: string, environment?: string][]): Touched => ({ tenant: "acme", isCut: false, operations: [{ operation, destroys: false, targets: targets.map(([kind, id, environment = "unknown"]) => ({ kind, id, environment })) }] });
const destroying = (touched: Touched): Touched => ({ ...touched, operations: touched.operations.map((one) => ({ ...one, destroys: true })) });
const VOLUME = touching("railway.volumeDelete", ["volume", "vol-9"]);

function guardWith(finders: readonly BackupFinder[], own: GuardSettings | null = null, lookUpMs = LOOK_UP_MS) {
  const lines: string[] = [];
  const write = (...line: unknown[]): void => void lines.push(JSON.stringify(line));
  const logger = { info: write, warn: write, error: write } as unknown as Logger;
  return { guard: createGuard({ settings: own, finders, metrics: createMetrics(), logger, clock: () => NOW_MS, lookUpMs }), lines };
}
// A program that says its version may take its time on a busy machine.
const stateWith = (finders: readonly BackupFinder[], touched = VOLUME, own: GuardSettings | null = null) => guardWith(finders, own, own === null ? LOOK_UP_MS : LOOK_UP_MS * 50).guard.backupStateOf(touched);

describe("what an approver is told of backups", () => {
  it("is that one exists, how old it is and how well it is known, where it is out of the agent's reach", async () => {
    const state = await stateWith([finder(["volume"], found(backup(), backup({ id: "b2", atMs: NOW_MS - 9 * 3_600_000, restorable: "tested" })))]);
    expect(state).toMatchObject({ kind: "exists", atMs: NOW_MS, takenFirst: false, targets: [{ kind: "exists", newestAtMs: NOW_MS - 3 * 3_600_000, restorable: "listed" }] });
    expect(state.summary).toContain("volume vol-9: 3 h old: a copy elsewhere");
  });

  it.each([
    ["only such as the same credentials delete", [found(backup({ outsideReach: false }))], "only-inside-reach"],
    ["one of which nobody knows whether they do", [found(backup({ outsideReach: "unknown" }))], "unknown"],
    ["one out of reach of which nobody knows whether it can be restored", [found(backup({ restorable: "unknown" }))], "unknown"],
    ["none, by everybody who knows", [() => Promise.resolve({ kind: "none" })], "none"],
    ["none by one, while another does not know", [() => Promise.resolve({ kind: "none" }), () => Promise.resolve({ kind: "unknown", reason: "HTTP 500" })], "unknown"],
    ["one by one, while another does not know", [found(backup()), () => Promise.resolve({ kind: "unknown", reason: "HTTP 500" })], "exists"],
    ["an error", [() => Promise.reject(new Error("secret-in-an-error"))], "unknown"],
    ["no answer, ever", [() => new Promise<never>(() => undefined)], "unknown"],
    ["nobody to ask", [], "unknown"],
  ] as [string, (() => Promise<FoundBackups>)[], string][])("after %s is said plainly", async (_what, answers, kind) => {
    const startMs = performance.now();
    const state = await stateWith(answers.map((answer) => finder(["volume"], answer)));
    expect([state.kind, state.targets[0]?.kind]).toEqual([kind, kind]);
    expect(JSON.stringify(state)).not.toContain("secret-in-an-error");
    expect(performance.now() - startMs).toBeLessThan(LOOK_UP_MS * 5);
  });

  it("is the worst of all that the call touches", async () => {
    const answer = ({ id }: BackupTarget): Promise<FoundBackups> => (id === "vol-2" ? Promise.resolve({ kind: "none" }) : found(backup())());
    expect(await stateWith([finder(["volume"], answer)], touching("x.delete", ["volume", "vol-1"], ["volume", "vol-2"]))).toMatchObject({ kind: "none", targets: [{ kind: "exists" }, { kind: "none" }] });
    expect(await stateWith([finder(["volume"], answer)], touching("x.delete", ["volume", "vol-1"], ["bucket", "b"]))).toMatchObject({ kind: "unknown" });
  });

  it("does not look up more than sixteen targets, says so, and counts on nothing for the rest", async () => {
    let asked = 0;
    const many = touching("x.delete", ...Array.from({ length: 40 }, (_, index): [string, string] => ["volume", `vol-${index}`]));
    const state = await stateWith([finder(["volume"], () => ((asked += 1), found(backup())()))], many);
    expect(asked).toBe(16);
    expect(state.kind).toBe("unknown");
    expect(state.summary).toContain("It touches more, which was not looked up");
    expect(state.summary.length).toBeLessThanOrEqual(600);
  });

  it("is never that a backup exists or will be taken where pg_dump cannot be run, but that the call will not run without one", async () => {
    const state = await stateWith([], touching("sql.drop-database", ["database", "orders"]), settings({ pgDump: "/nowhere/pg_dump" }));
    expect(state).toMatchObject({ kind: "none", takenFirst: false });
    expect(state.summary).toContain("cannot be: the configured pg_dump cannot be run");
    expect(state.summary).toContain("will not run unless it is approved without one");
  });

  it("gives ages in the largest unit that fits", () => {
    expect([0, 59_000, 61_000, 7_200_000, 200_000_000, -5].map(ageOf)).toEqual(["0 s", "59 s", "1 min", "2 h", "2 d", "0 s"]);
  });
});

describe("what a destroying call needs", () => {
  const DATABASE = touching("sql.drop-database", ["database", "orders"]);
  const both: Touched = { ...DATABASE, operations: [...DATABASE.operations, ...VOLUME.operations] };
  const reachable = finder(["volume"], found(backup({ outsideReach: false })));
  const elsewhere = finder(["volume"], found(backup()));
  const run = (finders: readonly BackupFinder[], touched: Touched, without = false) => guardWith(finders).guard.beforeExecution(destroying(touched), without, AbortSignal.timeout(10_000));

  it.each([
    ["a backup out of reach", [elsewhere], VOLUME, null, true],
    ["only such as goes with it", [reachable], VOLUME, null, false],
    ["nobody who knows", [], VOLUME, null, false],
    ["a dump that is taken first", [], DATABASE, settings(), true],
    ["a dump that cannot be taken", [], DATABASE, settings({ pgDump: "/nowhere/pg_dump" }), false],
    ["a dump of the one, and nothing of the other", [], both, settings(), false],
    ["a dump of the one, and a backup of the other", [elsewhere], both, settings(), true],
    ["a backup of what is listed, of a call that touches more", [elsewhere], { ...VOLUME, isCut: true }, null, false],
    ["something that names nothing", [], touching("railway.wipe"), settings(), false],
  ] as [string, BackupFinder[], Touched, GuardSettings | null, boolean][])("with %s is judged whole", async (_what, finders, touched, own, isCovered) => {
    expect((await stateWith(finders, destroying(touched), own)).isCovered).toBe(isCovered);
  });

  it("is looked up again before it runs: what is gone by then keeps it from running, unless it was approved without", async () => {
    expect(await run([reachable], VOLUME)).toEqual({ kind: "failed", reason: expect.stringContaining("was not approved without one: Every known backup can be deleted with the same credentials") as string });
    expect((await run([elsewhere], VOLUME)).kind).toBe("not-needed");
    expect(await run([reachable], VOLUME, true)).toEqual({ kind: "not-needed", reason: "Approved explicitly without a backup." });
  });

  it("is asked for again where nobody could tell for a moment, and then counts as missing", async () => {
    const told: FoundBackups[] = [{ kind: "unknown", reason: "HTTP 500" }, { kind: "found", backups: [backup()] }];
    expect((await run([finder(["volume"], () => Promise.resolve(told.shift()!))], VOLUME)).kind).toBe("not-needed");
    let asked = 0;
    expect((await run([finder(["volume"], () => ((asked += 1), Promise.reject(new Error("down"))))], VOLUME)).kind).toBe("failed");
    expect(asked).toBe(3);
  });
});

describe("what is backed up before an approved call", () => {
  const before = (touched: Touched, own: GuardSettings | null = settings(), without = false) => guardWith([], own, LOOK_UP_MS * 50).guard.beforeExecution(touched, without, AbortSignal.timeout(10_000));
  const OTHER: GuardedPlace = { ...ORDERS, database: "carts", environment: "staging", resources: [] };

  // Nobody listens at the port: whatever asks for a dump fails, and whatever does not is not needed.
  it.each([
    ["a database dropped by name", touching("sql.drop-database", ["database", "orders"]), true],
    ["another database", touching("sql.drop-database", ["database", "invoices"]), false],
    ["a database of that name in another environment", touching("sql.drop-database", ["database", "orders", "staging"]), false],
    ["a table, wherever its connection leads", touching("sql.drop-table", ["table", "public.orders"]), true],
    ["a table in another environment", touching("sql.drop-table", ["table", "orders", "development"]), false],
    ["a table, with a harmless database stated as the resource", touching("sql.truncate", ["table", "orders"], ["database", "harmless"]), true],
    ["dropdb, which names nothing that is understood", touching("postgresql.dropdb"), true],
    ["the volume that the database lies on", touching("railway.volumeDelete", ["volume", "vol-1"]), true],
    ["another volume", touching("railway.volumeDelete", ["volume", "vol-2"]), false],
  ] as [string, Touched, boolean][])("%s: %#", async (_what, touched, isNeeded) => {
    expect((await before(touched)).kind).toBe(isNeeded ? "failed" : "not-needed");
  });

  it("is every database that SQL without a database's name may run on, once", async () => {
    const outcome = await before(touching("sql.drop-table", ["table", "a"], ["table", "b"]), settings({ databases: [OTHER, ORDERS] }));
    expect(outcome).toEqual({ kind: "failed", reason: expect.stringContaining("database carts") });
  });

  it("is every database of the guard's for a call that touches more than is listed", async () => {
    expect((await before({ ...touching("sql.drop-database", ["database", "decoy"]), isCut: true })).kind).toBe("failed");
    expect(await stateWith([finder(["volume"], found(backup()))], { ...VOLUME, isCut: true })).toMatchObject({ kind: "unknown", targets: [{ kind: "exists" }] });
  });

  it("is nothing for operations that `before` does not name, without a guard, or where the approver said so", async () => {
    const drop = touching("sql.drop-database", ["database", "orders"]);
    expect((await before(drop, settings({ before: ["sql.drop-table"] }))).kind).toBe("not-needed");
    expect((await before(drop, settings({ before: ["sql.drop-*"] }))).kind).toBe("failed");
    expect((await before(drop, null)).kind).toBe("not-needed");
    expect(await before(drop, settings(), true)).toEqual({ kind: "not-needed", reason: "Approved explicitly without a backup." });
  });

  it.each([
    ["the server is not there", {}, "no backup of database orders could be taken: ECONNREFUSED"],
    ["pg_dump is not there", { pgDump: "/nowhere/pg_dump" }, "the configured pg_dump cannot be run"],
    ["the directory is open to others", { directory: join(home, "open", "dumps") }, "others may write in"],
  ] as [string, Partial<GuardSettings>, string][])("fails, so that the call is not executed, where %s; and says so without a secret", async (_what, over, reason) => {
    const { guard, lines } = guardWith([], settings(over));
    const outcome = await guard.beforeExecution(touching("sql.drop-database", ["database", "orders"]), false, AbortSignal.timeout(10_000));
    expect(outcome).toEqual({ kind: "failed", reason: expect.stringContaining(reason) });
    expect(JSON.stringify([outcome, lines])).not.toContain(ORDERS.password);
  });

  it("fails for a call that may touch more databases than can be dumped first", async () => {
    const databases = Array.from({ length: 9 }, (_, index) => ({ ...ORDERS, database: `d${index}` }));
    expect(await before(touching("sql.drop-table", ["table", "a"]), settings({ databases }))).toEqual({ kind: "failed", reason: "It may touch more than 8 databases." });
  });
});
