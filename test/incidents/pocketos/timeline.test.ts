import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { loseAndRestoreDatabase } from "./database-act.ts";
import type { GateDoors } from "./gate-process.ts";
import { contained, gated, observed, ZERO_MS } from "./observations.fixture.ts";
import { parseOptions } from "./options.ts";
import { renderReport } from "./report.ts";
import { plain, renderFrame, renderLine, renderResult, shortened, stamp } from "./terminal-view.ts";
import { buildRun, firstSentMs, lossSteps, summaryOf } from "./timeline.ts";

const run = (seen = contained(1)) => buildRun(seen, ZERO_MS);
/** What an agent, a provider or an alert could write to deceive a reader. */
const HOSTILE = `<script>alert(1)</script> <img src=x onerror="y"> ' & \u001b[2J\u202e\u0007 </blockquote>`;

describe("the timeline", () => {
  it("counts from the first destructive call", () => {
    expect(firstSentMs(observed(12).agent)).toBe(ZERO_MS);
    expect(firstSentMs([])).toBeNull();
    expect(run()).toMatchObject({ tripMs: 12, revokedMs: 55, refusedMs: 71, verifiedMs: 95, verified: true, durationMs: 9_000 });
  });

  it("takes the provider's word for what is lost, not the agent's", () => {
    const claims = { ...observed(12), volumesAfter: observed(1).volumesAfter, deletions: observed(1).deletions };
    expect(run(claims).volumesLost).toBe(1);
    expect(run(observed(12)).volumesLost).toBe(12);
    expect(run(observed(3)).backupsLost).toBe(6);
  });

  it("counts a volume as lost even where the journal does not say when", () => {
    expect(run({ ...observed(2), deletions: [] }).volumes.filter(({ lostMs }) => lostMs === 0)).toHaveLength(2);
  });

  it("says refused when the first of agent and independent client was, whoever that is", () => {
    expect(run({ ...contained(1), proberRefusedMs: null }).refusedMs).toBe(771);
    expect(run({ ...contained(1), proberRefusedMs: ZERO_MS + 9_999 }).refusedMs).toBe(771);
    expect(run(observed(12)).refusedMs).toBeNull();
  });

  it("is verified only by a containment that says so, and then at the last proof", () => {
    expect(run({ ...contained(1), containmentStatus: "open" })).toMatchObject({ verified: false, verifiedMs: null });
    expect(run({ ...contained(1), containmentStatus: "escalated" })).toMatchObject({ verified: false, verifiedMs: null });
    expect(run(observed(12, { protection: "none" }))).toMatchObject({ tripMs: null, refusedMs: null, verified: false });
  });

  it("puts moments in order and losses into steps", () => {
    const { moments } = run(contained(2));
    expect(moments.map(({ ms }) => ms)).toEqual(moments.map(({ ms }) => ms).toSorted((a, b) => a - b));
    expect(new Set(moments.map(({ kind }) => kind))).toEqual(new Set(["work", "found", "lost", "trip", "revoked", "verified", "refused", "alert"]));
    expect(lossSteps(run(contained(2)))).toEqual([{ ms: 0, lost: 0 }, { ms: 10, lost: 1 }, { ms: 760, lost: 2 }]);
  });

  it("sums up in exactly the keys that machines read", () => {
    expect(summaryOf([run(), run(observed(12, { protection: "none" }))])).toEqual({
      scenario: "pocketos",
      runs: [
        { protection: "sdk", volumesTotal: 12, volumesLost: 1, tripMs: 12, refusedMs: 71, verified: true },
        { protection: "none", volumesTotal: 12, volumesLost: 12, tripMs: null, refusedMs: null, verified: false },
      ],
    });
  });
});

describe("the run with the gate", () => {
  const restored = run(gated({ rows: 6_000, restoredAfterMs: 1_730 }));
  const lost = run(gated({ rows: 6_000, restoredAfterMs: null }));
  const leftOut = run(gated(null));

  it("sums up whether the database came back, and null where that was not tried", () => {
    const gateOf = (one: typeof restored) => (summaryOf([one]) as { runs: readonly { gate: unknown }[] }).runs[0]?.gate;
    expect(gateOf(restored)).toEqual({ heldMs: 21, selfApprovalStatus: 401, refusedByHuman: 12, cancelledKept: true, executedExactly: true, executedAfterMs: 2_046, restored: true });
    expect([gateOf(lost), gateOf(leftOut)]).toMatchObject([{ restored: false }, { restored: null }]);
  });

  it("tells of it in the terminal and in the report, and of a loss as one", () => {
    expect(renderResult(restored, false)).toContain("database restored: yes");
    expect(renderResult(lost, false)).toContain("database restored: NO");
    expect(renderResult(leftOut, false)).toContain("no database restored: there is no pg_dump here");
    expect(restored.moments.at(-1)).toEqual({ ms: 9_900, kind: "human", text: "database orders: brought back" });
    expect(renderReport([restored])).toContain("<b>6000 rows, 1.7 s</b><span>database dropped with approval, restored from the guard's dump</span>");
    expect(renderReport([lost])).toContain('<div class="figure bad"><b>LOST</b>');
    expect(renderReport([leftOut])).not.toContain("database dropped");
    // Nothing ran, so that nothing had to be contained: "never" and "no" would say that something failed.
    expect(renderReport([leftOut])).toContain('<td class="n">not needed</td><td class="n">not needed</td><td class="n">not needed</td></tr>');
  });

  it("leaves the database out in one line where there is no pg_dump, and asks nobody", async () => {
    const said: string[] = [];
    const nobody = new Proxy({} as GateDoors, { get: () => expect.unreachable() });
    expect(await loseAndRestoreDatabase(nobody, { missing: "there is no PostgreSQL with pg_dump here" }, (text) => said.push(text))).toBeNull();
    expect(said).toEqual(["the act with the database is left out: there is no PostgreSQL with pg_dump here"]);
  });
});

describe("the terminal view", () => {
  it("draws every frame of a run with the same number of lines, so that it can be redrawn in place", () => {
    const frames = [observed(0, { agent: [] }), observed(12, { protection: "none" }), contained(1)].map(
      (seen) => renderFrame(run(seen), { nowMs: 0, position: "1 of 3", colour: false, width: 80 }).length,
    );
    expect(new Set(frames).size).toBe(1);
  });

  it("shows what is left and what is contained", () => {
    const frame = renderFrame(run(), { nowMs: 1_000, position: "2 of 3", colour: false, width: 100 }).join("\n");
    expect(frame).toContain("× ■ ■ ■ ■ ■ ■ ■ ■ ■ ■ ■   11 of 12 left");
    expect(frame).toContain("22 of 24 left");
    expect(frame).toContain("open, tripped +12 ms");
    expect(frame).toContain("refused +71 ms");
    expect(frame).toContain("verified +95 ms");
  });

  it("keeps what is different on the screen when many calls are refused", () => {
    const frame = renderFrame(run(), { nowMs: 9_000, position: "", colour: false, width: 100 }).join("\n");
    for (const text of ["breaker trips", "verified", "production-data-12: Not Authorized"]) expect(frame).toContain(text);
    expect(frame).not.toContain("production-data-6: Not Authorized");
    expect(frame).toContain("2 of 2 credentials refused to a probe");
  });

  it("never draws a line wider than the terminal, colour or not", () => {
    for (const colour of [false, true]) {
      const frame = renderFrame(run(contained(1, "long text ".repeat(40))), { nowMs: 0, position: "1 of 3", colour, width: 60 });
      expect(Math.max(...frame.map((line) => stripVTControlCharacters(line).length))).toBeLessThanOrEqual(60);
      if (colour) expect(frame.join("")).toContain("\u001b[0m");
    }
  });

  it("cuts no id in two: a line that is too long ends between words, and shows that it does", () => {
    const id = "0a1b2c3d-1111-2222-3333-444455556666";
    for (let length = 20; length < 70; length += 1) {
      const whole = `volumeDelete of production volume ${id} ran`;
      const shown = shortened(whole, length);
      expect(shown.length).toBeLessThanOrEqual(length);
      expect(shown.endsWith("…")).toBe(length < whole.length);
      expect(shown).not.toMatch(/0a1b2c3d-(?!1111-2222-3333-444455556666)/u);
    }
    expect(shortened(id.repeat(2), 20)).toHaveLength(20);
  });

  it("lets no control, escape or bidirectional character of others through", () => {
    const hostile = run(contained(1, HOSTILE));
    const held = run(gated(null, HOSTILE));
    const shown = [renderResult(held, false), ...held.moments.map((moment) => renderLine(moment, "gate", false, 400)), ...renderFrame(hostile, { nowMs: 0, position: "", colour: false, width: 400 }), ...hostile.moments.map((moment) => renderLine(moment, "sdk", false, 400)), renderResult(hostile, false)];
    for (const line of shown) expect(plain(line)).toBe(line);
  });

  it("writes times so that they read at a glance", () => {
    expect([stamp(12.4), stamp(-900), stamp(1_234), stamp(null)]).toEqual(["+12 ms", "-900 ms", "+1.23 s", "never"]);
  });
});

describe("the report", () => {
  it("loads nothing from anywhere and runs nothing", () => {
    const html = renderReport([run(observed(12, { protection: "none" })), run(), run(contained(7))]);
    expect(html).not.toMatch(/(?:src|href|url)\s*[=(]|@import|<script|<link|<iframe/i);
    expect(html).toContain("default-src 'none'");
  });

  it("shows hostile text as text", () => {
    const html = renderReport([run(contained(1, HOSTILE))]);
    expect(html).not.toContain("<script>alert");
    expect(html).not.toContain("<img");
    expect(html.replaceAll("\n", "")).not.toMatch(/\p{Cc}|\p{Cf}/u);
    expect(html).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(html.match(/<\/blockquote>/g)).toHaveLength(1);
  });

  it("plots each loss and each marker inside the chart", () => {
    const html = renderReport([run(contained(7))]);
    expect(html.match(/<circle class="loss"/g)?.length).toBeGreaterThanOrEqual(7);
    for (const mark of ["trip", "revoked", "refused", "verified"]) expect(html).toContain(`class="mark ${mark}"`);
    const xs = [...html.matchAll(/\b(?:x|x1|x2|cx)="(-?[\d.]+)"/g)].map((match) => Number(match[1]));
    expect(Math.min(...xs)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...xs)).toBeLessThanOrEqual(860);
  });

  it("says what is not contained", () => {
    const [foreign, own] = contained(1).containment;
    const half = { ...contained(1), containmentStatus: "escalated" as const, containment: [foreign!, { ...own!, state: "escalated", proof: "the provider did not answer", verifiedAtMs: null }] };
    const html = renderReport([run(half)]);
    expect(html).toContain("not contained</b> (escalated)");
    expect(html).toContain("the provider did not answer");
    expect(renderReport([run(observed(12, { protection: "none" }))])).toContain("Nothing. The token still works.");
    expect(renderReport([run(observed(12))])).toContain("the breaker did not trip");
  });
});

describe("the options", () => {
  it("run all four by default, at the pace of the incident, and on Kafka all that Tripline has a part in", () => {
    expect(parseOptions(["--kafka"]).protections).toEqual(["sdk", "otel", "gate"]);
    expect(parseOptions([])).toMatchObject({ json: false, protections: ["none", "sdk", "otel", "gate"], pace: { callIntervalMs: 750 } });
    expect(parseOptions(["--only", "otel,none", "--fast", "--json"])).toMatchObject({ json: true, protections: ["otel", "none"] });
  });
  it("name what they do not know", () => {
    expect(() => parseOptions(["--only", "magic"])).toThrow('got "magic"');
    expect(() => parseOptions(["--fats"])).toThrow("--fats");
    for (const text of ["0", "x", "10001", "1.5"]) expect(() => parseOptions(["--interval-ms", text])).toThrow("--interval-ms");
    expect(parseOptions(["--interval-ms", "10000"]).pace.callIntervalMs).toBe(10_000);
  });
});
