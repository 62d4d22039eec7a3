import type { BaselineAccount } from "@tripline/core";
import { describe, expect, it } from "vitest";
import { oneAgent, overview } from "./doctor.ts";

const budget = { agentHoursPerFalseTrip: 50_000, alertsPerCall: 0.002 };
const account: BaselineAccount = {
  calls: 12_000, agentHours: 600, trips: { asked: 0.012, actual: 1 }, alerts: { asked: 24, actual: 7 }, tripBits: 19.93, alertBits: 12.4,
  drift: { days: 24, perDay: 18.25, dispersion: 1.23, slowest: 0.0241, withinDays: 24, fastestBeforeDoubling: 0.083, takesPerDay: { "1 %": 6.1, "5 %": 14.9 } },
};
const answer = (one: BaselineAccount | null) => ({ budget, baselines: [{ agent: "coder", account: one }], more: false });

describe("tripline doctor", () => {
  it("says in words which rise of an agent cannot be told from chance, and which is found before it doubles", () => {
    const text = oneAgent(answer(account));
    expect(text).toContain("A rise slower than 2.41 % a day cannot be told from chance within 24 days at its 18.3 destructive actions a day (24 full days, spread 1.23 times as much as chance).");
    expect(text).toContain("A rise of up to 8.3 % a day can be found before the number has doubled");
    expect(text).toContain("1 % a day 6.1, 5 % a day 14.9");
  });
  it("says so where nothing can be known", () => {
    const blind = { ...account, drift: { ...account.drift, perDay: 0.2, slowest: null, fastestBeforeDoubling: 0 } };
    expect(oneAgent(answer(blind))).toMatch(/No slow rise can be told from chance within 24 days at its 0.2 destructive[^]*No slow rise can be found before the number has doubled/);
    expect(oneAgent(answer({ ...account, drift: { ...account.drift, days: 0 } }))).toContain("no full day behind it yet");
    expect(oneAgent(answer(null))).toContain("has no baseline yet");
  });
  it("sets trips and alerts of all agents against the budget", () => {
    const text = overview({ ...answer(account), baselines: [{ agent: "coder", account }, { agent: "new", account: null }] });
    expect(text).toMatch(/coder +12000 +600 +1 \(0.012\) +7 \(24\) +18.3 +2.41 % a day +8.3 % a day/);
    expect(text).toContain("Trips on risk: 1 in 600 agent-hours; 0.012 false ones allowed (one in 50000).");
    expect(text).toContain("Alerts: 7 in 12000 calls; 24 allowed.");
  });
  it("writes no figure that nobody can read, however short the history", () => {
    const newcomer = { ...account, calls: 6, agentHours: 0.016_2, trips: { asked: 3.24e-7, actual: 0 }, alerts: { asked: 0.012, actual: 0 } };
    const text = overview(answer(newcomer));
    expect(text).toMatch(/coder +6 +0.0162 +0 \(<0.001\) +0 \(0.012\)/);
    expect(`${text}${oneAgent(answer(newcomer))}`).not.toMatch(/\de-\d/);
  });
  it("never passes control characters of a name on to the terminal", () => {
    expect(oneAgent({ budget, more: false, baselines: [{ agent: "\u001b[2J", account: null }] })).not.toContain("\u001b");
  });
});
