// Bundles the command into few files, since every module that is looked up costs start-up time.
import { readdirSync, rmSync, statSync } from "node:fs";
import { build } from "esbuild";

const { metafile } = await build({
  metafile: true,
  entryPoints: { main: "src/main.ts", "segment-worker": "../../packages/node/src/segment-worker.ts" },
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

// A process of the former build may still want its parts for a while.
const oldMs = 10 * 60_000;
for (const name of readdirSync("dist")) {
  const path = `dist/${name}`;
  const isOurs = /\.js(\.map)?$/.test(name) && metafile.outputs[path] === undefined;
  if (isOurs && Date.now() - statSync(path).mtimeMs > oldMs) rmSync(path);
}
