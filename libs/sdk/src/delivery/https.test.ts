import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readRequest, type SeenRecord } from "../testing/recorder.ts";

const SDK = new URL("../index.ts", import.meta.url).href;

/** A certificate for 127.0.0.1 that lives as long as the test; null where there is no openssl. */
function certificate(folder: string): { key: string; cert: string } | null {
  const [key, cert] = [join(folder, "key.pem"), join(folder, "cert.pem")];
  const args = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"];
  try {
    execFileSync("openssl", [...args, "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], { stdio: "pipe" });
    return { key, cert };
  } catch {
    return null;
  }
}

describe("over TLS", () => {
  it("delivers attempts while the tool blocks the event loop, to a collector whose certificate is trusted", async (context) => {
    const folder = mkdtempSync(join(tmpdir(), "tripline-tls-"));
    const made = certificate(folder);
    if (made === null) {
      console.warn("SKIPPED: no openssl, so delivery over TLS was not tried");
      if (process.env["CI"]) throw new Error("openssl is not available");
      return context.skip("openssl is not available");
    }
    const seen: SeenRecord[] = [];
    const server = createServer({ key: readFileSync(made.key), cert: readFileSync(made.cert) }, (request, response) => {
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.once("end", () => {
        seen.push(...readRequest(body, Date.now()).records);
        response.end("{}");
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const endpoint = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const source = `import { createTripline } from ${JSON.stringify(SDK)};
      const tripline = createTripline({ endpoint: "${endpoint}", ingestToken: "t", agent: { name: "a" } });
      const block = tripline.wrapTool("block", () => { const start = Date.now(); while (Date.now() - start < 400); console.log(Date.now()); });
      await new Promise((resolve) => setTimeout(resolve, 300));
      block();
      await new Promise((resolve) => setTimeout(resolve, 300));
      block();`;
    const child = spawn(process.execPath, ["--input-type=module", "--eval", source], { env: { ...process.env, NODE_EXTRA_CA_CERTS: made.cert } });
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    server.close();
    server.closeAllConnections();
    rmSync(folder, { recursive: true });
    expect(code).toBe(0);
    const endsMs = output.trim().split("\n").map(Number);
    const leadsMs = seen.filter((record) => record.event.endsWith("attempt")).map((record, i) => (endsMs[i] ?? 0) - record.arrivedMs);
    expect(leadsMs).toHaveLength(2);
    for (const leadMs of leadsMs) expect(leadMs).toBeGreaterThan(200);
    expect(seen).toHaveLength(4);
  });
});
