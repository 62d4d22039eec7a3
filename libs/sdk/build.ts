/**
 * Makes `dist/`, the package that is shipped: ESM, CommonJS and their types, with canonical bundled in. Node refuses `.ts` below
 * node_modules, so what others install has to be emitted. Run `pnpm build` here, then `npm publish dist`.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { rolldown } from "rolldown";

interface Manifest {
  version: string;
  license: string;
}

const home = import.meta.dirname;
const dist = join(home, "dist");

/** The shipped manifest: no workspace dependency is left, since canonical is inside the bundle. */
function manifest(): string {
  const { version, license } = JSON.parse(readFileSync(join(home, "package.json"), "utf8")) as Manifest;
  return `${JSON.stringify(
    {
      name: "@tripline/sdk",
      version,
      description: "Reports every tool call of an AI agent before it runs.",
      license,
      type: "module",
      engines: { node: ">=20" },
      main: "./index.cjs",
      types: "./index.d.ts",
      exports: {
        ".": {
          import: { types: "./index.d.ts", default: "./index.js" },
          require: { types: "./index.d.cts", default: "./index.cjs" },
        },
      },
      sideEffects: false,
      peerDependencies: { "@opentelemetry/api": "^1.9.0" },
    },
    null,
    2,
  )}\n`;
}

async function bundle(): Promise<void> {
  const build = await rolldown({
    input: join(home, "src/index.ts"),
    external: ["@opentelemetry/api", /^node:/],
    platform: "node",
    transform: { target: "node20" },
  });
  await build.write({ file: join(dist, "index.js"), format: "esm", sourcemap: false });
  await build.write({ file: join(dist, "index.cjs"), format: "cjs", sourcemap: false });
  await build.close();
}

/** Types come from the compiler's own declarations; their imports are rewritten from `.ts` to what is shipped. */
function declarations(): void {
  const tsc = join(dirname(createRequire(import.meta.url).resolve("typescript/package.json")), "bin/tsc");
  const compiled = spawnSync(process.execPath, [tsc, "-b", home], { stdio: "inherit" });
  if (compiled.status !== 0) throw new Error("the SDK does not compile");
  const types = join(home, ".types/src");
  for (const file of globSync("**/*.d.ts", { cwd: types })) {
    if (file.includes(".test.") || file.startsWith("testing")) continue;
    const source = readFileSync(join(types, file), "utf8").replaceAll(/\/\/# sourceMappingURL.*$/gm, "");
    mkdirSync(dirname(join(dist, file)), { recursive: true });
    writeFileSync(join(dist, file), source.replaceAll(/(["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.js$2"));
    writeFileSync(join(dist, file.replace(/\.d\.ts$/, ".d.cts")), source.replaceAll(/(["']\.{1,2}\/[^"']+)\.ts(["'])/g, "$1.cjs$2"));
  }
}

rmSync(dist, { recursive: true, force: true });
mkdirSync(dist, { recursive: true });
await bundle();
declarations();
writeFileSync(join(dist, "package.json"), manifest());
cpSync(join(home, "README.md"), join(dist, "README.md"));
const license = join(home, "../../LICENSE");
if (existsSync(license)) cpSync(license, join(dist, "LICENSE"));
