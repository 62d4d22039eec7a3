/** Each detector, driven through the running service. */
import { describe, expect, it } from "vitest";
import type { Action, Finding } from "@tripline/model";
import { decoy, FOREIGN, require, start, newDetector, action, shell, sql, mutation, send, findings, history } from "./detector.fixture.ts";

describe("every detector, through the running service", () => {
  it("reports an irreversible action at the first, with risk and versions", async () => {
    const world = await start();
    await send(world, action(world, mutation("volumeDelete")));
    const found = await findings(world);
    const hard = found.find(({ detector }) => detector === "irreversible-action");
    expect(hard).toMatchObject({ weight: "hard", rule: "irreversible.railway.volumeDelete", id: "irreversible-action:c1:result", decidedBy: { grant: 1, policy: 0 } });
    expect(hard?.risk).toMatchObject({ over: false });
  });

  it("reports an environment crossing", async () => {
    const world = await start();
    await send(world, action(world, sql("UPDATE orders SET total = 0 WHERE id = 4")));
    expect((await findings(world)).map(({ rule }) => rule)).toContain("environment.crossing");
  });

  it("holds no irreversible call against an agent that the gate allowed, over a restart even, and all that ran although the gate refused it", async () => {
    const world = await start();
    const there = { resource: { kind: "volume", id: "v1", environment: "staging" } };
    const asked = (callId: string, outcome: "allow" | "hold"): Action =>
      action(world, mutation("volumeDelete"), { ...there, id: `gate:${callId}`, callId, phase: "decision", decision: { outcome, by: "gate", reason: "" }, source: { dialect: "gate-decide", signal: "gate", traceId: null, spanId: null, parentSpanId: null } });
    await send(world, asked("allowed", "allow"), asked("held", "hold"));
    await world.detector.stop();
    world.detector = newDetector(world.log, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    await send(world, action(world, mutation("volumeDelete"), { ...there, callId: "allowed" }));
    expect((await findings(world)).filter(({ weight }) => weight === "hard")).toEqual([]);
    await send(world, action(world, mutation("volumeDelete"), { ...there, callId: "held" }));
    expect((await findings(world)).filter(({ weight }) => weight === "hard").map(({ rule }) => rule)).toEqual(["irreversible.railway.volumeDelete", "environment.unknown-irreversible", "gate.bypassed"]);
  });

  it("reports what an agent that must ask the gate did without asking: hard in production, else as an alert", async () => {
    const world = await start();
    await require(world);
    await send(world, action(world, shell("git push origin main")), action(world, shell("git status")));
    expect((await findings(world)).filter(({ detector }) => detector === "gate-bypass")).toMatchObject([{ weight: "soft", rule: "gate.bypass", alert: true }]);
    // Asked for one thing and did another under its id: that the call was judged already hides nothing.
    const asked = action(world, shell("git status"), { id: "gate:x", callId: "x", phase: "decision", decision: { outcome: "allow", by: "gate", reason: "" }, source: { dialect: "gate-decide", signal: "gate", traceId: null, spanId: null, parentSpanId: null } });
    await send(world, asked, action(world, shell("git push origin main"), { id: "x:result", callId: "x" }));
    expect((await findings(world)).filter(({ detector, callId }) => detector === "gate-bypass" && callId === "x")).toMatchObject([{ weight: "soft" }]);
    await send(world, action(world, sql("INSERT INTO orders VALUES (1)")));
    expect((await findings(world)).find(({ weight, detector }) => weight === "hard" && detector === "gate-bypass")).toMatchObject({ rule: "gate.bypass" });
  });

  it("reports who touches a decoy, with a read even, and nobody else", async () => {
    const world = await start();
    await decoy(world, "f".repeat(64));
    const using = (fingerprint: string): Partial<Action> => ({ credentials: [{ fingerprint, principal: null, leaseId: null }] });
    await send(world, action(world, shell("cat notes.txt"), using("e".repeat(64))));
    expect((await findings(world)).filter(({ weight }) => weight === "hard")).toEqual([]);
    await send(world, action(world, shell("cat notes.txt"), using("f".repeat(64))));
    expect((await findings(world)).filter(({ weight }) => weight === "hard")).toMatchObject([{ detector: "decoy-touched", rule: "decoy.touched" }]);
  });

  it("reports a side effect with somebody else's credential, and a read with it as soft evidence", async () => {
    const world = await start();
    const credentials = [{ fingerprint: FOREIGN, principal: null, leaseId: null }];
    await send(world, action(world, shell("touch notes.txt"), { credentials, resource: { kind: "host", id: "h", environment: "staging" } }));
    await send(world, action(world, shell("cat notes.txt"), { credentials }));
    const rules = (await findings(world)).filter(({ detector }) => detector === "foreign-credential").map(({ weight, foreignCredentials }) => [weight, foreignCredentials]);
    expect(rules).toEqual([["hard", [FOREIGN]], ["soft", [FOREIGN]]]);
  });

  it("reports a value new to the agent that came out of tool output, where its task used to name it; not the value itself", async () => {
    const world = await start();
    const pay = (account: string, origin: "task" | "tool-output"): Action =>
      action(world, shell("cat notes.txt"), {
        id: `c${world.calls}:attempt`, phase: "attempt", session: `s${world.calls}`, tool: "send_money",
        inputs: { text: JSON.stringify({ recipient: account, subject: "Rent" }), fullBytes: 0, truncated: false, digest: "0".repeat(64) }, provenance: { recipient: origin, subject: "novel" },
      });
    for (let at = 0; at < 300; at += 1) {
      world.nowMs += 60_000;
      await send(world, pay(`XX00${at % 5}`, "task"));
    }
    const unusual = async (): Promise<Finding[]> => (await findings(world)).filter(({ detector }) => detector === "unusual-arguments");
    expect(await unusual()).toEqual([]);
    await send(world, pay("XX001", "tool-output"), pay("XX999", "tool-output"));
    const found = await unusual();
    expect(found).toMatchObject([{ weight: "soft", rule: "arguments.untasked", features: [{ name: "argument recipient" }] }]);
    expect(JSON.stringify(found)).not.toContain("XX999");
  });

  it("tells of the strongest finding of a call: a new operation beside it hides no injected value", async () => {
    const world = await start();
    const act = (command: string, target: string, origin: "task" | "tool-output"): Action =>
      action(world, shell(command), {
        id: `c${world.calls}:attempt`, phase: "attempt", session: `s${world.calls}`,
        inputs: { text: JSON.stringify({ target }), fullBytes: 0, truncated: false, digest: "0".repeat(64) }, provenance: { target: origin },
      });
    for (let at = 0; at < 300; at += 1) {
      world.nowMs += 60_000;
      await send(world, act(`cat notes${at}.txt`, `XX00${at % 5}`, "task"));
    }
    await send(world, act("git push origin main", "XX999", "tool-output"));
    const found = (await findings(world)).filter(({ alert }) => alert === true);
    expect(found.map(({ detector }) => detector)).toEqual(["unusual-arguments"]);
  });

  it("goes over budget by the fifth of a hundred deletions of a steady agent", async () => {
    const world = await start();
    await history(world);
    world.nowMs += 180_000;
    expect(await findings(world)).toEqual([]);
    const from = world.nowMs;
    for (let index = 0; index < 5; index += 1) {
      world.nowMs = from + index * 90;
      await send(world, action(world, shell(`rm -rf dist/x${index}`)));
    }
    const over = (await findings(world)).filter(({ risk }) => risk?.over === true);
    expect(over[0]).toMatchObject({ detector: "destructive-burst", weight: "soft" });
    expect(over[0]?.summary).toMatch(/usually has almost no other destructive actions within \d+ s of one/);
  }, 60_000);

  it("tells of the same call over and over, from an agent in its first minutes, and trips nothing", async () => {
    const world = await start();
    for (let index = 0; index < 60; index += 1) {
      world.nowMs += 2_000;
      await send(world, action(world, shell("cat src/a.ts"), { outcome: { status: "error", errorType: null } }));
    }
    const found = await findings(world);
    expect(found).toMatchObject([{ detector: "runaway", weight: "soft", rule: "runaway.same-call", risk: { over: false } }]);
    expect(found[0]?.summary).toMatch(/but made the same tool call, or the same two or three in turns, 16 times again, 16 of them failing/);
  });

  it("tells of far more calls than the agent's own past explains, as remembered over a restart, and trips nothing", async () => {
    const world = await start();
    await history(world);
    await world.detector.stop();
    world.detector = newDetector(world.log, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    for (let index = 0; index < 120; index += 1) {
      world.nowMs += 1_000;
      await send(world, action(world, shell(`cat src/file${index % 20}.ts`)));
    }
    const found = await findings(world);
    expect(found).toMatchObject([{ detector: "unusual-rate", weight: "soft", rule: "rate.calls", risk: { over: false } }]);
    expect(found[0]?.summary).toMatch(/usually has about [3456]\.\d calls within 15 minutes( at this time of day)?, but had \d+/);
  }, 60_000);

  it("reports what leaves the grant once the agent has kept to it", async () => {
    const world = await start();
    await history(world);
    await send(world, action(world, { kind: "http", method: "PUT", url: "https://api.example.com/v1/users/4", body: "{}" }));
    const drift = (await findings(world)).find(({ detector }) => detector === "scope-drift");
    expect(drift?.features.map(({ name }) => name)).toContain("grant");
    expect(drift?.summary).toContain("outside its grant");
  }, 60_000);

  it("follows a script that a session wrote earlier to what it does, and forgets that in no restart", async () => {
    const world = await start();
    const wipe = action(world, shell("cat > cleanup.sh <<'EOF'\nrm -rf /srv/data\nEOF"), { session: "writer" });
    await send(world, wipe, action(world, shell("cat cleanup.sh"), { session: "writer" }));
    expect((await findings(world)).filter(({ weight }) => weight === "hard")).toEqual([]);
    await world.detector.stop();
    world.detector = newDetector(world.log, world.store, world.metrics, () => world.nowMs);
    await world.detector.start();
    await send(world, action(world, shell("bash cleanup.sh"), { session: "somebody-else" }), action(world, shell("bash cleanup.sh"), { session: "writer" }));
    expect((await findings(world)).filter(({ weight }) => weight === "hard")).toMatchObject([{ session: "writer", rule: "irreversible.shell.rm" }]);
  });
});
