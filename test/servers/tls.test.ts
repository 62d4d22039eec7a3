import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { afterEach, describe, expect, it } from "vitest";
import { openSink } from "@tripline/alerts";
import { SAMPLE_ALERT } from "@tripline/alerts/battery";
import { openProvider } from "@tripline/credentials";
import { makeCertificates, type Certificates } from "./certificates.ts";
import { requirePostgres, startPostgres } from "./postgres.ts";

const certificates = makeCertificates("TLS of alerts and providers");
const installs = requirePostgres("TLS of the PostgreSQL provider");
const signal = () => AbortSignal.timeout(10_000);

function suite({ ca, certificate, key }: Certificates): void {
  const trusted = getCACertificates("default");
  let server: Server | undefined;
  let served: string[] = [];
  afterEach(async () => {
    setDefaultCACertificates(trusted);
    server?.closeAllConnections();
    await new Promise((resolve) => (server === undefined ? resolve(null) : server.close(resolve)));
    server = undefined;
    served = [];
  });

  /** Answers every request with this body; `served` holds the server name that each connection asked for. */
  async function listen(body: string): Promise<number> {
    const listening = createServer({ key, cert: certificate }, (request, response) => {
      served.push((request.socket as unknown as { servername: string }).servername);
      response.end(body);
    });
    server = listening;
    await new Promise<void>((resolve) => listening.listen(0, "127.0.0.1", resolve));
    return (listening.address() as AddressInfo).port;
  }

  it("an alert goes to a receiver that proves its name, although the address was pinned", async () => {
    setDefaultCACertificates([...trusted, ca]);
    const sink = openWebhook(`https://localhost:${await listen("")}/`);
    expect(await sink.send(SAMPLE_ALERT, signal())).toEqual({ kind: "sent" });
    expect(served).toEqual(["localhost"]);
  });

  it("an alert does not go to a receiver of another name, nor to one that nobody vouches for", async () => {
    const port = await listen("");
    expect(await openWebhook(`https://localhost:${port}/`).send(SAMPLE_ALERT, signal())).toMatchObject({ kind: "retry" });
    setDefaultCACertificates([...trusted, ca]);
    const other = openWebhook(`https://other.example:${port}/`, async () => ["127.0.0.1"]);
    expect(await other.send(SAMPLE_ALERT, signal())).toMatchObject({ kind: "retry", reason: "ERR_TLS_CERT_ALTNAME_INVALID" });
    expect(served).toEqual([]);
  });

  it("a Railway token is not sent to an endpoint that nobody vouches for, and that counts as no effect", async () => {
    const port = await listen('{"data":{"apiTokenDelete":true}}');
    const target = { id: "x", kind: "api-token", providerRef: "x", principal: null };
    const config = { kind: "railway", endpoint: `https://localhost:${port}/graphql/v2`, adminTokenEnv: "A", timeoutMs: 1_000, keepWarmMs: 0, projectIds: [] } as const;
    const open = () => openProvider("railway", { ...config, projectIds: [] }, { readSecret: () => "admin", warn: () => undefined });
    const distrusting = open();
    expect(await distrusting.revoke(target, signal())).toMatchObject({ kind: "failed", effect: "none" });
    expect(served).toEqual([]);
    setDefaultCACertificates([...trusted, ca]);
    const trusting = open();
    expect(await trusting.revoke(target, signal())).toEqual({ kind: "revoked", sessionsCut: 0 });
    await Promise.all([distrusting.close(), trusting.close()]);
  });

  it.each(installs)("PostgreSQL $version is spoken to over TLS, and only when its certificate is good", async (binaries) => {
    const postgres = await startPostgres(binaries, { tls: { certificate, key } });
    const open = (host: string, authority: string | null) =>
      openProvider(
        "orders",
        {
          kind: "postgres",
          host,
          port: postgres.port,
          database: "postgres",
          adminUser: "postgres",
          adminPasswordEnv: "P",
          groups: [],
          readOnlyGroups: [],
          tls: "verify-full",
          ...(authority === null ? {} : { tlsCaFile: "ca.pem" }),
          timeoutMs: 2_000,
          terminateMs: 2_000,
          sweepEveryMs: 0,
          connectionsPerLease: 5,
        },
        { readSecret: ({ file }) => (file === "ca.pem" ? (authority ?? "") : postgres.password), warn: () => undefined },
      );
    const good = open("127.0.0.1", ca);
    const unknown = open("127.0.0.1", null);
    expect(await good.verify(signal())).toMatchObject({ kind: "ready" });
    expect(await postgres.query("SELECT count(*)::int AS n FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) WHERE a.application_name = 'tripline' AND s.ssl")).toEqual([{ n: 1 }]);
    expect(await unknown.verify(signal())).toMatchObject({ kind: "unreachable" });
    await Promise.all([good.close(), unknown.close()]);
    await postgres.stop();
  });
}

function openWebhook(url: string, resolve?: () => Promise<string[]>) {
  const secret = `whsec_${Buffer.from("a-signing-secret-for-tests").toString("base64")}`;
  return openSink(
    "soc",
    { kind: "webhook", url, secrets: [{ env: "S" }], timeoutMs: 2_000, allowPrivate: true },
    { readSecret: () => secret, nowMs: () => Date.now(), ...(resolve === undefined ? {} : { resolve }) },
  );
}

if (certificates === null) it.skip("SKIPPED: TLS tests need the openssl command", () => undefined);
else describe("TLS", () => suite(certificates));
