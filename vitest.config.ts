import { configDefaults, defineConfig } from "vitest/config";

/** Whole clusters of brokers, databases and services: one at a time and after all else, or their time-outs measure the machine. */
const CLUSTERS = ["test/**/*kafka*.test.ts", "test/charts/running.test.ts"];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: "test/temporary-folder.ts",
    projects: [
      {
        extends: true,
        test: {
          name: "one-process",
          include: ["libs/*/src/**/*.test.ts", "services/*/src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...CLUSTERS],
          // Real servers and fsync share the machine; more files at once than this only adds noise.
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      // The first append to topics that were only just made was seen to take up to half a minute on a busy broker.
      { extends: true, test: { name: "clusters", include: CLUSTERS, testTimeout: 90_000, maxWorkers: 1, sequence: { groupOrder: 1 } } },
    ],
  },
});
