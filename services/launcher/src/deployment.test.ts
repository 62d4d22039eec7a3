import { checkConfig } from "@tripline/runtime";
import { afterEach, describe, expect, it } from "vitest";
import { LauncherConfig } from "./config.ts";
import { checkDeployment, instanceName } from "./deployment.ts";
import { ALL_TARGETS, parseTargets, type Target } from "./targets.ts";

const KAFKA = { kind: "kafka", brokers: ["localhost:9092"] };
const POSTGRES = { kind: "postgres", host: "localhost", database: "tripline", user: "tripline" };
const KEYS = { masterEnv: "TRIPLINE_MASTER_KEY" };
const config = (given: object): LauncherConfig => checkConfig(LauncherConfig, given);
const check = (given: object, ...targets: Target[]) => () => checkDeployment(config(given), targets.length === 0 ? ALL_TARGETS : new Set(targets));

describe("the deployment", () => {
  it("is one process on the embedded log and SQLite unless the two keys say otherwise", () => {
    expect(config({})).toMatchObject({ eventLog: { kind: "embedded", partitions: 48 }, store: { kind: "sqlite" } });
    expect(check({})).not.toThrow();
  });

  it("on Kafka and PostgreSQL runs any choice of targets", () => {
    for (const targets of [[], ["collector"], ["detector", "notifier"]] as Target[][]) expect(check({ eventLog: KAFKA, store: POSTGRES, keys: KEYS }, ...targets)).not.toThrow();
  });

  it("refuses a part of the services on the embedded log, saying what to do", () => {
    expect(check({}, "collector")).toThrow(/--target=collector.*one process.*eventLog.kind: kafka and store.kind: postgres/);
    expect(check({}, "breaker", "detector", "notifier")).toThrow(/TL_CONFIG_INVALID/);
  });

  it("refuses a log and a store that do not belong together", () => {
    expect(check({ eventLog: KAFKA, keys: KEYS })).toThrow(/eventLog.kind kafka and store.kind sqlite/);
    expect(check({ eventLog: KAFKA, keys: KEYS }, "collector"), "a collector has no store").not.toThrow();
    expect(check({ store: POSTGRES })).toThrow(/eventLog.kind embedded and store.kind postgres/);
  });

  it("asks for a shared master key where one is used, and only there", () => {
    const shared = { eventLog: KAFKA, store: POSTGRES };
    expect(check(shared)).toThrow(/keys.masterEnv/);
    expect(check(shared, "breaker")).toThrow(/keys.masterEnv/);
    expect(check(shared, "collector")).toThrow(/keys.masterEnv/);
    expect(check({ ...shared, keys: { fingerprintEnv: "FINGERPRINT_KEY" } }, "collector")).not.toThrow();
    expect(check(shared, "detector", "notifier")).not.toThrow();
  });

  it("asks gates on Kafka for one authority, where they have use for it; a single process makes its own", () => {
    const gate = (over: object) => ({ eventLog: KAFKA, store: POSTGRES, keys: KEYS, gate: over });
    for (const over of [{ forward: {} }, { tls: { names: ["gate.internal"] } }]) {
      expect(check(gate(over), "gate")).toThrow(/At \/gate\/authority/);
      expect(check(gate(over), "breaker")).not.toThrow();
      expect(check(gate({ ...over, authority: { certificateFile: "ca.crt", keyFile: "ca.key" } }), "gate")).not.toThrow();
      expect(check({ gate: over })).not.toThrow();
    }
    expect(check(gate({}), "gate")).not.toThrow();
  });

  it("refuses to send a secret to brokers in the clear, and half a client certificate", () => {
    const brokers = (over: object) => check({ eventLog: { ...KAFKA, brokers: ["kafka-1:9092", "localhost:9092"], ...over }, keys: KEYS }, "collector");
    const plain = { mechanism: "plain", username: "tripline", passwordEnv: "PASSWORD" };
    for (const sasl of [plain, { mechanism: "oauthbearer", passwordEnv: "TOKEN" }]) expect(brokers({ sasl })).toThrow(/At \/eventLog\/tls: .*in the clear/);
    for (const over of [{ sasl: plain, tls: {} }, { sasl: plain, brokers: ["127.0.0.1:9092", "[::1]:9092"] }, { sasl: { ...plain, mechanism: "scram-sha-512" } }, {}]) expect(brokers(over)).not.toThrow();
    for (const half of ["certFile", "keyFile"]) expect(brokers({ tls: { [half]: "client.pem" } })).toThrow(/certFile and keyFile/);
  });

  it.each([
    [{ eventLog: { kind: "kafka", broker: ["a:1"] } }, /"\/eventLog\/broker" is not a key.*"brokers"/],
    [{ eventLog: { ...KAFKA, sasl: { mechanism: "scram-sha-512", pasword: "x" } } }, /"\/eventLog\/sasl\/pasword".*"password/],
    [{ store: { ...POSTGRES, databse: "x" } }, /"\/store\/databse".*"database"/],
    [{ eventLog: { kind: "redpanda" } }, /\/eventLog\/kind: it must be one of embedded, kafka/],
    [{ store: { kind: "postgres", host: "h", user: "u" } }, /\/store\/database: it is required/],
    [{ eventlog: {} }, /"\/eventlog".*"eventLog"/],
    [{ monitoring: { prot: 1 } }, /"\/monitoring\/prot".*"port"/],
  ])("names the place, and the nearest key, of what is wrong in %j", (given, message) => expect(() => config(given)).toThrow(message));
});

describe("targets", () => {
  it("are names apart by commas, or all", () => {
    expect(parseTargets("all")).toEqual(ALL_TARGETS);
    expect(parseTargets("detector, collector")).toEqual(new Set(["detector", "collector"]));
  });

  it("that are unknown are answered with those that there are", () => {
    for (const text of ["admin", "", "all,detector", "detectors"]) expect(() => parseTargets(text)).toThrow(/none of collector, detector, breaker, notifier, gate/);
  });
});

describe("the instance's name", () => {
  afterEach(() => void delete process.env["TRIPLINE_INSTANCE"]);

  it("is given, or the environment's, or the host's; and the same for ever on the embedded log", () => {
    const shared = config({ eventLog: KAFKA });
    process.env["TRIPLINE_INSTANCE"] = "breaker-1";
    expect([instanceName(shared, "breaker-0"), instanceName(shared, undefined), instanceName(config({}), "x")]).toEqual(["breaker-0", "breaker-1", "0"]);
    delete process.env["TRIPLINE_INSTANCE"];
    expect(instanceName(shared, undefined)).toMatch(/^[A-Za-z0-9]/);
    expect(() => instanceName(shared, "a/b")).toThrow(/--instance/);
  });
});
