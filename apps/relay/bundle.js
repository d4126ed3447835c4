// Bundles the command into few files, since every module that is looked up costs start-up time.
import { build } from "esbuild";

await build({
  entryPoints: {
    main: "src/main.ts",
    "checkpoint-worker": "../../packages/node/src/sqlite/checkpoint-worker.ts",
    "check-relay-worker": "../../packages/node/src/sqlite/check-relay-worker.ts",
  },
  outdir: "dist",
  bundle: true,
  splitting: true,
  format: "esm",
  platform: "node",
  target: "node22",
  sourcemap: true,
  conditions: ["@darksync/source"],
  external: ["better-sqlite3"],
  banner: {
    js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
  },
  logLevel: "warning",
});
