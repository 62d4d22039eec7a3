import { describe, expect, it } from "vitest";
import type { AuthenticationProviderArgs } from "kafkajs";
import { saslOf } from "./sasl.ts";

/** What kafkajs hands to a mechanism, over a connection that notes what is sent and accepts it. */
function connection(sent: string[]): AuthenticationProviderArgs {
  const logger = { debug: () => undefined, error: () => undefined };
  const saslAuthenticate = async ({ request }: { request: { encode: () => Promise<{ toString(encoding: string): string } | Buffer> } }): Promise<undefined> => void sent.push((await request.encode()).toString("utf8"));
  return { host: "broker", port: 9_092, logger, saslAuthenticate } as unknown as AuthenticationProviderArgs;
}

describe("authentication at the brokers", () => {
  it("asks for the password at each connection of one client", async () => {
    let password = "first";
    const sasl = saslOf({ mechanism: "plain", username: "tripline", password: () => password });
    if (!("authenticationProvider" in sasl)) expect.unreachable();
    const sent: string[] = [];
    await sasl.authenticationProvider(connection(sent)).authenticate();
    password = "second";
    await sasl.authenticationProvider(connection(sent)).authenticate();
    expect(sent.map((text) => text.split("\0").slice(-1))).toEqual([["first"], ["second"]]);
  });

  it("fails the connection with what kept the password from being read", async () => {
    const sasl = saslOf({ mechanism: "scram-sha-512", username: "tripline", password: () => Promise.reject(new Error("no such file")) });
    if (!("authenticationProvider" in sasl)) expect.unreachable();
    await expect(sasl.authenticationProvider(connection([])).authenticate()).rejects.toThrow("no such file");
  });
});
