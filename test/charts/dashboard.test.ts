/** A panel over a metric that nobody counts shows nothing, which looks like nothing wrong. */
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createMetrics } from "@tripline/runtime";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
/** Put there by Prometheus and its operator. */
const TARGET_LABELS = ["namespace", "job", "pod", "le"];

interface Panel {
  readonly id: number;
  readonly title: string;
  readonly type: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
}
const { panels } = JSON.parse(readFileSync(`${ROOT}charts/tripline/dashboards/tripline.json`, "utf8")) as { panels: readonly Panel[] };
const queries = panels.flatMap((panel) => (panel.targets ?? []).map((target) => ({ ...target, title: panel.title })));

/** Name → labels of every metric that the product counts, those of the process beside. */
async function counted(): Promise<ReadonlyMap<string, readonly string[]>> {
  const metrics = new Map<string, readonly string[]>();
  const made = /\b(counter|gauge|histogram)\(\s*(name\()?"([a-z_]+)"\)?,\s*"[^"]*"(?:,\s*\[([^\]]*)\])?/g;
  for (const file of globSync("{libs,services}/*/src/**/*.ts", { cwd: ROOT })) {
    if (file.endsWith(".test.ts") || file.includes("/embedded/")) continue;
    for (const [, kind, prefixed, name = "", labels = ""] of readFileSync(ROOT + file, "utf8").matchAll(made)) {
      const full = prefixed === undefined ? name : `tripline_event_log_${name}`;
      metrics.set(kind === "histogram" ? `${full}_bucket` : full, [...labels.matchAll(/"(\w+)"/g)].map((match) => match[1] ?? ""));
    }
  }
  for (const { name } of await createMetrics({ process: true }).families()) metrics.set(name, []);
  return metrics;
}

const namesIn = (expr: string): string[] => [...expr.matchAll(/\b((?:tripline|process|nodejs)_\w+)\{/g)].map((match) => match[1] ?? "");

describe("the dashboard", () => {
  it("asks only for what is counted on Kafka and PostgreSQL", async () => {
    const metrics = await counted();
    expect(metrics.size).toBeGreaterThan(40);
    expect(queries.length).toBeGreaterThan(40);
    for (const { expr, title } of queries) {
      expect(namesIn(expr), title).not.toEqual([]);
      for (const name of namesIn(expr)) expect([...metrics.keys()], title).toContain(name);
    }
  });

  it("groups, filters and names by labels that are there", async () => {
    const metrics = await counted();
    for (const { expr, legendFormat, title } of queries) {
      const known = [...TARGET_LABELS, ...namesIn(expr).flatMap((name) => metrics.get(name) ?? [])];
      const grouped = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap((match) => (match[1] ?? "").split(",").map((label) => label.trim()));
      const filtered = [...expr.matchAll(/[{,](\w+)(?:=|!=|=~|!~)"/g)].map((match) => match[1] ?? "");
      const shown = [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map((match) => match[1] ?? "");
      for (const label of [...grouped, ...filtered, ...shown]) expect(known, `${title}: ${label}`).toContain(label);
    }
  });

  it("lays no panel over another", () => {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) => Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`));
    expect(new Set(cells).size).toBe(cells.length);
    expect(Math.max(...panels.map(({ gridPos: { x, w } }) => x + w))).toBeLessThanOrEqual(24);
  });
});
