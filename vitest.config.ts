import { configDefaults, defineConfig } from "vitest/config";

/**
 * What does no I/O and keeps nothing: its files share processes, which load parsers and schemas once; loading took half of such a file's time.
 * The file named replaces a module, which no other may have loaded before.
 */
const PURE = ["libs/{core,model,semconv,canonical}/src/**/!(work-bounds).test.ts"];
/** Whole clusters of brokers, databases and services: after all else, or their time-outs measure the machine. */
const CLUSTERS = ["test/**/*kafka*.test.ts", "test/charts/running.test.ts"];
/** One broker and one client after the other, with long time-outs: two files at a time. All others of the above are alone on the machine. */
const BROKERS = ["test/servers/kafka{,-log,-rotation}.test.ts"];
// The first append to topics that were only just made was seen to take up to half a minute on a busy broker.
const CLUSTER_MS = 90_000;

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    globalSetup: "test/temporary-folder.ts",
    projects: [
      // Real servers and fsync share the machine; more files at once than two only add noise.
      { extends: true, test: { name: "pure", include: PURE, isolate: false, maxWorkers: 2, sequence: { groupOrder: 0 } } },
      {
        extends: true,
        test: {
          name: "one-process",
          include: ["libs/*/src/**/*.test.ts", "services/*/src/**/*.test.ts", "test/**/*.test.ts"],
          exclude: [...configDefaults.exclude, ...PURE, ...CLUSTERS],
          maxWorkers: 2,
          sequence: { groupOrder: 0 },
        },
      },
      { extends: true, test: { name: "brokers", include: BROKERS, testTimeout: CLUSTER_MS, maxWorkers: 2, sequence: { groupOrder: 1 } } },
      { extends: true, test: { name: "clusters", include: CLUSTERS, exclude: [...configDefaults.exclude, ...BROKERS], testTimeout: CLUSTER_MS, maxWorkers: 1, sequence: { groupOrder: 2 } } },
    ],
  },
});
