import { observe, prepareClassifiers, Registry } from "@tripline/core";
import type { Request, ResourceRef } from "@tripline/model";
import { beforeAll, describe, expect, it } from "vitest";
import type { GateCall, Injected } from "../call.ts";
import { actionOf } from "../record.ts";
import { touchedBy } from "./touched.ts";

beforeAll(() => prepareClassifiers());

const registry = new Registry();
registry.apply("resources", { v: 1, version: 1, tenant: "acme", kind: "volume", id: "vol-1", environment: "production", protection: "none", atMs: 1 });

function touched(request: Request, { resource = null, injected = null }: { resource?: ResourceRef | null; injected?: Injected | null } = {}) {
  const call: GateCall = {
    callId: "c1", door: "decide", session: null, task: null, tool: "run", operation: null, request, inputs: null, provenance: {}, resource, environment: null, credentials: [], injected,
    payload: "0".repeat(64), target: null, stored: null, resourceVersion: null, approvalId: null,
  };
  return touchedBy({ call, observed: observe(actionOf({ tenant: "acme", agent: "coder", leaseId: null }, call, 1_000), 1_000, registry) }, registry);
}
const sql = (text: string): Request => ({ kind: "sql", system: "postgresql", text });

describe("what a held call touches", () => {
  it("is what its irreversible operations name, where the inventory says it lies, and no read beside them", () => {
    const graphql: Request = { kind: "graphql", url: "https://backboard.railway.com/graphql/v2", document: 'mutation { volumeDelete(volumeId: "vol-1") } ', operationName: null, variables: null };
    expect(touched(graphql)).toEqual({ tenant: "acme", isCut: false, operations: [{ operation: "railway.volumeDelete", destroys: true, targets: [{ kind: "volume", id: "vol-1", environment: "production" }] }] });
    expect(touched(sql("SELECT 1; DROP TABLE a, b")).operations).toEqual([{ operation: "sql.drop-table", destroys: true, targets: [{ kind: "table", id: "a", environment: "unknown" }, { kind: "table", id: "b", environment: "unknown" }] }]);
  });

  it("asks for a backup where it destroys, and not where it sends, starts or cannot be read", () => {
    const destroys = (command: string): boolean[] => touched({ kind: "shell", command }).operations.map((one) => one.destroys);
    expect(destroys("rm -rf /srv/data")).toEqual([true]);
    expect(destroys("npm publish")).toEqual([false]);
    expect(destroys("./deploy.sh")).toEqual([false]);
    // Of more operations than are kept, those that destroy come first.
    const many = `${Array.from({ length: 20 }, (_, at) => `./step-${at}.sh`).join("; ")}; rm -rf /srv/data`;
    expect(destroys(many)[0]).toBe(true);
  });

  it("lies where the injected credential reaches, and never where the call itself says", () => {
    const resource = { kind: "database", id: "orders", environment: "staging" };
    const injected = { id: "db", environment: "production", version: 1, fingerprint: null };
    expect(touched(sql("DROP DATABASE orders"), { resource }).operations[0]?.targets).toEqual([{ kind: "database", id: "orders", environment: "unknown" }]);
    expect(touched(sql("DROP DATABASE orders"), { resource, injected }).operations[0]?.targets).toEqual([{ kind: "database", id: "orders", environment: "production" }]);
  });

  it("is bounded, however much one statement names, and says that it was cut", () => {
    const { operations, isCut } = touched(sql(`DROP TABLE ${Array.from({ length: 100 }, (_, index) => `t${index}`).join(", ")}; ${"DROP TABLE x; ".repeat(50)}`));
    expect(isCut).toBe(true);
    expect(touched(sql(`${"SELECT 1; ".repeat(20)}${Array.from({ length: 17 }, (_, index) => `DROP DATABASE d${index}; `).join("")}`)).isCut).toBe(true);
    expect(touched(sql("DROP DATABASE a; DROP DATABASE b")).isCut).toBe(false);
    expect(operations.length).toBeLessThanOrEqual(16);
    for (const { targets } of operations) expect(targets.length).toBeLessThanOrEqual(16);
  });
});
