/** Each check against records made up to break it: a check that cannot fail proves nothing. */
import type { Action, BreakerRecord, Containment, ContainmentItem, CredentialRecord, Finding, Trip } from "@tripline/model";
import { describe, expect, it } from "vitest";
import type { TopicRecord } from "./admin.ts";
import { attemptsWithoutTrip, conflictingActions, lastContainments, lostActions, notLetGo, openTrips, repeatedRecords, repeatedTrips, tripsOf, untoldTrips, verifiedCredentials } from "./checks.ts";

const record = <T>(value: T, offset = 0): TopicRecord<T> => ({ partition: 0, offset, timestampMs: 1, value, text: JSON.stringify(value) });
const action = (agent: string, id: string, tool = "shell") => record({ agent: { id: agent }, id, tool } as Action);

describe("actions", () => {
  it("are lost when acknowledged and not there, also when another agent has the same id", () => {
    const acknowledged = new Map([["a", new Set(["1", "2"])], ["b", new Set(["1"])]]);
    expect(lostActions(acknowledged, [action("a", "1"), action("a", "2"), action("b", "1")])).toEqual([]);
    expect(lostActions(acknowledged, [action("a", "1"), action("c", "2")])).toEqual(["a 2", "b 1"]);
  });

  it("may be stored twice with the same content, never with two", () => {
    expect(conflictingActions([action("a", "1"), action("a", "1"), action("b", "1", "sql")])).toEqual([]);
    expect(repeatedRecords([action("a", "1"), action("a", "1"), action("b", "1")])).toBe(1);
    expect(conflictingActions([action("a", "1"), action("a", "1", "sql")])).toEqual(["a 1"]);
  });
});

const trip = (id: string, generation: number, actionId: string, atMs = 5): Trip =>
  ({ id, agent: "a", generation, atMs, cause: { kind: "hard-finding", findingId: `f:${actionId}` }, findings: [{ id: `f:${actionId}`, actionId } as Finding] }) as unknown as Trip;
const seenIn = (id: string, generation: number, actionId: string, receiveMs: number): Trip =>
  ({ ...trip(id, generation, actionId), tenant: "acme", findings: [{ id: `f:${actionId}`, actionId, receiveMs } as Finding] });
const breaker = (one: Trip | null, resetAtMs = 0) => record({ trip: one, generation: one?.generation ?? 0, resetAtMs } as BreakerRecord);
const containment = (tripId: string, status: Containment["status"], items: Partial<ContainmentItem>[] = []) => record({ tripId, status, items } as Containment);
const byId = (...trips: Trip[]) => new Map(trips.map((one) => [one.id, one]));

describe("trips", () => {
  it("are told once under one id: the same again is fine, another time or cause is not", () => {
    const first = trip("t0", 0, "x");
    expect(tripsOf([breaker(null), breaker(first), breaker(first)])).toEqual({ trips: byId(first), beganMs: new Map([["t0", 0]]), endedMs: new Map(), doubled: [] });
    expect(tripsOf([breaker(first), breaker(trip("t0", 0, "x", 6))]).doubled).toEqual(["t0"]);
    expect(tripsOf([breaker(first), breaker(trip("t0", 0, "y"))]).doubled).toEqual(["t0"]);
  });

  it("are open without a containment, with an open one, and while work is left that no human knows of", () => {
    const trips = byId(trip("t0", 0, "x"), trip("t1", 1, "y"));
    const ended = lastContainments([containment("t0", "open"), containment("t0", "verified"), containment("t1", "escalated")]);
    expect(openTrips(trips, ended, [])).toEqual([]);
    expect(openTrips(trips, lastContainments([containment("t0", "verified")]), [])).toEqual(["t1"]);
    expect(openTrips(trips, lastContainments([containment("t0", "verified"), containment("t1", "open")]), [])).toEqual(["t1"]);
    const work = (group: string) => ({ kind: "revocation" as const, id: group, group, payload: "", nextAttemptMs: 1, revision: 1 });
    expect(openTrips(trips, ended, [work("t1")])).toEqual([]);
    expect(openTrips(trips, ended, [work("t0")])).toEqual(["t0"]);
  });

  it("must not repeat in a later generation what was judged in an earlier", () => {
    const [zero, one] = [trip("t0", 0, "x"), trip("t1", 1, "y")];
    const seen = (actionId: string, receiveMs: number) => ({ id: `f:${actionId}`, actionId, receiveMs }) as Finding;
    const repeated = (...told: Trip[]) => repeatedTrips(tripsOf(told.map((each) => breaker(each, each.generation * 100))));
    const complaint = (findings: number, actionId: string) => [`t1 (hard-finding, ${findings} findings): ${actionId} was judged in t0`];
    expect(repeated(zero, one)).toEqual([]);
    expect(repeated(trip("t1", 1, "x"), zero)).toEqual(complaint(1, "x"));
    // Sent again after the reset, it opened both; or it stands in the second as further evidence.
    expect(repeated({ ...trip("t1", 1, "x"), findings: [seen("x", 150)] }, zero)).toEqual(complaint(1, "x"));
    expect(repeated(zero, { ...one, findings: [seen("y", 150), seen("x", 150)] })).toEqual(complaint(2, "x"));
    // A breaker that had not heard of the reset added to the first what opened the second: new, unless it was received before that reset.
    const extended: Trip = { ...zero, findings: [...zero.findings, seen("y", 150)] };
    expect(repeated(extended, { ...one, findings: [seen("y", 150)] })).toEqual([]);
    expect(repeated(extended, { ...one, findings: [seen("y", 99)] })).toEqual(complaint(1, "y"));
    expect(repeated(extended, { ...trip("t1", 1, "z"), findings: [seen("z", 150), seen("y", 150)] })).toEqual([]);
    expect(repeated(extended, { ...trip("t1", 1, "z"), findings: [seen("z", 150), seen("y", 99)] })).toEqual(complaint(2, "y"));
    // Sent again after the reset: what counts is when it first came.
    const early: Trip = { ...zero, findings: [...zero.findings, seen("y", 99)] };
    expect(repeated(early, { ...one, findings: [seen("y", 150)] })).toEqual(complaint(1, "y"));
    // Two findings on the record that opened the second are one piece of evidence.
    const beside = (receiveMs: number): Finding => ({ ...seen("y", receiveMs), id: "g:y" });
    expect(repeated({ ...extended, findings: [...extended.findings, beside(150)] }, { ...one, findings: [seen("y", 150), beside(150)] })).toEqual([]);
    expect(repeated(early, { ...one, findings: [seen("y", 99), beside(99)] })).toEqual(complaint(2, "y"));
  });

  it("must follow every acknowledged attempt", () => {
    const facts = tripsOf([breaker(seenIn("trip:acme/a:0", 0, "x", 50))]);
    expect(attemptsWithoutTrip([{ agent: "a", actionId: "x" }], facts)).toEqual([]);
    expect(attemptsWithoutTrip([{ agent: "b", actionId: "x" }, { agent: "a", actionId: "z" }], facts)).toEqual(["b x", "a z"]);
  });

  it("must follow an attempt that came after the reset, whatever took it for evidence of the trip before", () => {
    const attempt = [{ agent: "a", actionId: "x" }];
    const zero = (receiveMs: number) => seenIn("trip:acme/a:0", 0, "x", receiveMs);
    const reset = (one: Trip) => record({ trip: one, generation: 1, resetAtMs: 100 } as BreakerRecord);
    expect(attemptsWithoutTrip(attempt, tripsOf([breaker(zero(99)), reset(zero(99))]))).toEqual([]);
    expect(attemptsWithoutTrip(attempt, tripsOf([breaker(zero(150)), reset(zero(150))]))).toEqual(["a x"]);
    const next = breaker(seenIn("trip:acme/a:1", 1, "x", 150), 100);
    expect(attemptsWithoutTrip(attempt, tripsOf([breaker(zero(150)), reset(zero(150)), next]))).toEqual([]);
    expect(attemptsWithoutTrip(attempt, tripsOf([breaker(zero(150)), next]))).toEqual([]);
    const other = breaker(seenIn("trip:acme/a:1", 1, "y", 160), 100);
    expect(attemptsWithoutTrip(attempt, tripsOf([breaker(zero(150)), other]))).toEqual(["a x"]);
  });

  it("must each be told", () => {
    const trips = byId(trip("t0", 0, "x"), trip("t1", 1, "y"));
    const alert = (type: string, tripId: string) => ({ type, data: { tripId } });
    expect(untoldTrips(trips, [alert("breaker.tripped", "t0"), alert("breaker.tripped", "t1")])).toEqual([]);
    expect(untoldTrips(trips, [alert("breaker.tripped", "t0"), alert("containment.verified", "t1"), {}])).toEqual(["t1"]);
  });

  it("leave nothing behind once verified: revoked in the inventory, its secret erased", () => {
    const known = (id: string, status: string, offset: number) => record({ id, status } as CredentialRecord, offset);
    const inventory = [known("c1", "revoked", 2), known("c1", "active", 1), known("c2", "active", 3), known("c3", "revoked", 4)];
    expect(notLetGo(["c1"], inventory, new Set())).toEqual([]);
    expect(notLetGo(["c1", "c2", "c3"], inventory, new Set(["c3"]))).toEqual(["c2", "c3"]);
  });

  it("are believed verified by credential, each of which is then tried", () => {
    const items = [{ credentialId: "c1", state: "verified" }, { credentialId: "c2", state: "escalated" }] as const;
    expect(verifiedCredentials(lastContainments([containment("t0", "escalated", [...items]), containment("t1", "verified", [items[0]])]))).toEqual(["c1"]);
  });
});
