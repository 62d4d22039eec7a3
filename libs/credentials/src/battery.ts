/**
 * The battery that every provider passes, against a real or faithful server. Each provider brings a world: how to make a credential,
 * how an agent would use it, and how to make the server misbehave.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { BackupTarget, CredentialProvider, CredentialTarget, IssueRequest } from "./provider.ts";

export interface LiveCredential {
  readonly target: CredentialTarget;
  readonly secret: string;
}

export interface ProviderWorld {
  readonly provider: CredentialProvider;
  /** A new, working credential that Tripline did not issue, as an agent might find it. */
  makeCredential(): Promise<LiveCredential>;
  /** Uses it as an agent would: true when let in. */
  use(credential: LiveCredential): Promise<boolean>;
  /** Opens a session that outlives one request; null where the provider has none. */
  readonly openSession: ((credential: LiveCredential) => Promise<{ usable(): Promise<boolean>; end(): Promise<void> }>) | null;
  readonly unknownTarget: CredentialTarget;
  /** Something with at least one backup, and something of the same kind that the provider was answered about and has none of. */
  /** Null where `describe` declares none. */
  readonly backups: { readonly has: BackupTarget; readonly hasNone: BackupTarget; readonly outsideReach: boolean } | null;
  /** The same provider with an admin credential that the server refuses. */
  refusedAdmin(): CredentialProvider;
  /** The same provider pointed at a port where nobody listens. */
  nobodyThere(): CredentialProvider;
  /** A provider of which the next revocation is executed and never answered. `heal` ends that. */
  deafProvider(): Promise<{ readonly provider: CredentialProvider; heal(): void }>;
  /** The server lets one call fail in the middle of the next revocation; null where a revocation is one call. */
  readonly breakOneStep: ((credential: LiveCredential) => Promise<{ readonly provider: CredentialProvider }>) | null;
  /** The next call is answered 429 with this Retry-After; null where the provider knows no such answer. */
  readonly limitNextCall: ((retryAfterSeconds: number) => void) | null;
  leaseRequest(leaseId: string, readOnly: boolean): IssueRequest;
  /** Every secret there is, so that the battery can look for them in everything a provider says. */
  secrets(): readonly string[];
  /** Bound of any single call, with slack for a busy machine. */
  readonly boundMs: number;
  close(): Promise<void>;
}

const DONE = ["revoked", "already-gone"];
const later = () => AbortSignal.timeout(30_000);

export function runProviderBattery(name: string, open: () => Promise<ProviderWorld>): void {
  describe(`${name}: provider battery`, () => {
    let world: ProviderWorld;
    const said: unknown[] = [];
    /** Keeps what the provider answered for the search for secrets, and holds every call to its time. */
    const ask = async <T>(call: Promise<T>): Promise<T> => {
      const startMs = performance.now();
      const answer = await call;
      said.push(answer);
      expect(performance.now() - startMs).toBeLessThan(world.boundMs);
      return answer;
    };
    beforeAll(async () => {
      world = await open();
    });
    afterAll(() => world.close());

    it("is ready with its admin credential, and unfit with a refused one", async () => {
      expect(await ask(world.provider.verify(later()))).toMatchObject({ kind: "ready" });
      const refused = world.refusedAdmin();
      expect(await ask(refused.verify(later()))).toMatchObject({ kind: "unfit" });
      await refused.close();
    });

    it("sees a live credential as working, revokes it, and sees it refused", async () => {
      const credential = await world.makeCredential();
      expect(await world.use(credential)).toBe(true);
      expect(await ask(world.provider.probe(credential.target, credential.secret, later()))).toMatchObject({ kind: "still-works" });
      expect(await ask(world.provider.revoke(credential.target, later()))).toMatchObject({ kind: "revoked" });
      expect(await world.use(credential)).toBe(false);
      expect(await ask(world.provider.probe(credential.target, credential.secret, later()))).toEqual({ kind: "refused", by: "used-and-refused" });
    });

    it("tells the same without the secret, and says that only the listing told", async () => {
      const credential = await world.makeCredential();
      expect(await ask(world.provider.probe(credential.target, null, later()))).toEqual({ kind: "still-works", by: "provider-listing" });
      await ask(world.provider.revoke(credential.target, later()));
      expect(await ask(world.provider.probe(credential.target, null, later()))).toEqual({ kind: "refused", by: "provider-listing" });
    });

    it("revokes twice without harm, also at the same time", async () => {
      const credential = await world.makeCredential();
      for (let time = 1; time <= 10; time += 1) {
        const outcomes = await Promise.all([1, 2, 3].map(() => ask(world.provider.revoke(credential.target, later()))));
        for (const outcome of outcomes) expect(DONE, JSON.stringify(outcome)).toContain(outcome.kind);
      }
    });

    it("answers `already-gone` for a credential that does not exist", async () => {
      expect(await ask(world.provider.revoke(world.unknownTarget, later()))).toEqual({ kind: "already-gone" });
    });

    it("declines a kind of credential that is not its own", async () => {
      const target = { ...world.unknownTarget, kind: "carrier-pigeon" };
      expect(await ask(world.provider.revoke(target, later()))).toMatchObject({ kind: "not-revocable" });
      expect(await ask(world.provider.probe(target, null, later()))).toMatchObject({ kind: "unknown" });
    });

    it("claims nothing when its own admin credential is refused", async () => {
      const credential = await world.makeCredential();
      const refused = world.refusedAdmin();
      expect(await ask(refused.revoke(credential.target, later()))).toMatchObject({ kind: "failed", effect: "none" });
      expect(await ask(refused.probe(credential.target, null, later()))).toMatchObject({ kind: "unknown" });
      expect(await world.use(credential)).toBe(true);
      await refused.close();
    });

    it("knows that nothing happened when nobody listens, and cannot say whether the credential works", async () => {
      const credential = await world.makeCredential();
      const absent = world.nobodyThere();
      expect(await ask(absent.revoke(credential.target, later()))).toMatchObject({ kind: "failed", effect: "none" });
      expect(await ask(absent.probe(credential.target, credential.secret, later()))).toMatchObject({ kind: "unknown" });
      await absent.close();
    });

    it("calls the effect unknown when the server executes and never answers; a probe then tells", async () => {
      const credential = await world.makeCredential();
      const deaf = await world.deafProvider();
      expect(await ask(deaf.provider.revoke(credential.target, later()))).toMatchObject({ kind: "failed", effect: "unknown" });
      deaf.heal();
      expect(await ask(world.provider.probe(credential.target, credential.secret, later()))).toEqual({ kind: "refused", by: "used-and-refused" });
      await deaf.provider.close();
    });

    it("cuts a session that is open at the moment of revocation, or declares it open", async () => {
      if (world.openSession === null) return expect(world.provider.describe().cutsOpenSessions).toBe(true);
      const credential = await world.makeCredential();
      const sessions = await Promise.all([world.openSession(credential), world.openSession(credential)]);
      for (const session of sessions) expect(await session.usable()).toBe(true);
      expect(await ask(world.provider.revoke(credential.target, later()))).toEqual({ kind: "revoked", sessionsCut: 2 });
      for (const session of sessions) expect(await session.usable()).toBe(false);
      for (const session of sessions) await session.end();
    });

    it("goes on after a failed step and reports the worst", async () => {
      if (world.breakOneStep === null) return;
      const credential = await world.makeCredential();
      const session = await world.openSession?.(credential);
      const broken = await world.breakOneStep(credential);
      const outcome = await ask(broken.provider.revoke(credential.target, later()));
      expect(DONE).not.toContain(outcome.kind);
      expect(await session?.usable()).toBe(false);
      await session?.end();
      await broken.provider.close();
    });

    it("honours Retry-After and never waits longer than a quarter of an hour", async () => {
      if (world.limitNextCall === null) return;
      const credential = await world.makeCredential();
      world.limitNextCall(7);
      expect(await ask(world.provider.revoke(credential.target, later()))).toMatchObject({ kind: "failed", effect: "none", retryAfterMs: 7_000 });
      world.limitNextCall(1_000_000);
      expect(await ask(world.provider.revoke(credential.target, later()))).toMatchObject({ retryAfterMs: 60_000 });
      expect(DONE).toContain((await ask(world.provider.revoke(credential.target, later()))).kind);
    });

    it("issues a lease that works, and refuses it after revocation", async () => {
      const issued = await world.provider.issue(world.leaseRequest("lease-1", false), later());
      if (issued.kind !== "issued") throw new Error(`not issued: ${JSON.stringify(issued)}`);
      const credential = { target: issued.target, secret: issued.secret };
      said.push(issued.target);
      expect(await world.use(credential)).toBe(true);
      expect(await ask(world.provider.revoke(issued.target, later()))).toMatchObject({ kind: "revoked" });
      expect(await world.use(credential)).toBe(false);
      expect(await ask(world.provider.probe(issued.target, issued.secret, later()))).toEqual({ kind: "refused", by: "used-and-refused" });
    });

    it("gives two leases different secrets", async () => {
      const [one, two] = [await world.provider.issue(world.leaseRequest("lease-a", false), later()), await world.provider.issue(world.leaseRequest("lease-b", false), later())];
      expect(one.kind === "issued" && two.kind === "issued" && one.secret !== two.secret && one.target.providerRef !== two.target.providerRef).toBe(true);
    });

    it("lists a live credential by the reference that its revocation needs", async () => {
      const credential = await world.makeCredential();
      const listing = await ask(world.provider.list?.(later()) ?? Promise.reject(new Error("no listing")));
      expect(listing.kind === "listed" && listing.credentials.map((one) => one.target.providerRef)).toContain(credential.target.providerRef);
    });

    it("finds the backups that it declares, newest first, and says truly whether they are out of reach", async () => {
      if (world.backups === null) return expect([world.provider.describe().backups, "findBackups" in world.provider]).toEqual([null, false]);
      const { has, hasNone, outsideReach } = world.backups;
      expect(world.provider.describe().backups?.kinds).toEqual(expect.arrayContaining([has.kind, hasNone.kind]));
      const found = await ask(findBackups(world.provider, has));
      if (found.kind !== "found") throw new Error(JSON.stringify(found));
      expect(found.backups.length).toBeGreaterThan(0);
      expect(found.backups.map(({ outsideReach: is }) => is)).toEqual(found.backups.map(() => outsideReach));
      expect(found.backups.map(({ atMs }) => atMs)).toEqual(found.backups.map(({ atMs }) => atMs).toSorted((one, other) => other - one));
      expect(await ask(findBackups(world.provider, hasNone))).toEqual({ kind: "none" });
    });

    it("knows of no backup of a kind of thing that is not its own, and never says that there is none", async () => {
      if (world.backups === null) return;
      expect(await ask(findBackups(world.provider, { kind: "carrier-pigeon", id: "x", environment: null }))).toMatchObject({ kind: "unknown" });
    });

    it("ends at once when cancelled", async () => {
      const credential = await world.makeCredential();
      const outcome = await ask(world.provider.revoke(credential.target, AbortSignal.abort()));
      expect(["failed", "revoked", "revoked-but-sessions-open"]).toContain(outcome.kind);
    });

    it("said no secret in all of the above", () => {
      const text = JSON.stringify(said);
      expect(said.length).toBeGreaterThan(20);
      expect(world.secrets().length).toBeGreaterThan(0);
      for (const secret of world.secrets()) expect(text).not.toContain(secret);
    });
  });
}

function findBackups(provider: CredentialProvider, target: BackupTarget) {
  return provider.findBackups?.(target, later()) ?? Promise.reject(new Error("no findBackups"));
}
