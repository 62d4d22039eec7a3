/** The PostgreSQL store: the battery of every store on each installed server. */
import { createMetrics } from "@tripline/runtime";
import { openStore, type PostgresStoreOptions, type Store } from "@tripline/store";
import { describeStore } from "@tripline/store/battery";
import { afterAll, beforeAll, describe } from "vitest";
import { type PostgresServer, requirePostgres, startPostgres } from "./postgres.ts";

const installs = requirePostgres("the PostgreSQL store");
const PASSWORD_ENV = "TRIPLINE_TEST_STORE_PASSWORD";

describe.each(installs)("on PostgreSQL $version", (binaries) => {
  let server: PostgresServer;
  let schemas = 0;
  beforeAll(async () => {
    server = await startPostgres(binaries);
    process.env[PASSWORD_ENV] = server.password;
  });
  afterAll(() => server.stop());

  const open = (schema: string, options: Partial<PostgresStoreOptions> = {}): Promise<Store> =>
    openStore(
      { kind: "postgres", host: server.host, port: server.port, database: server.database, user: server.superuser, passwordEnv: PASSWORD_ENV, schema, ...options },
      { metrics: createMetrics() },
    );

  describeStore("postgres", async () => {
    const schema = `battery_${++schemas}`;
    return {
      open: () => open(schema),
      dispose: async () => void (await server.query(`DROP SCHEMA ${schema} CASCADE`)),
    };
  });
});
