// `npm run demo:stop`: ends the relay that `npm run demo` left running.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";

const graceMs = 5000;

/** Ends the demo's relay, if it runs. Returns whether it did. */
export async function stopRelay(demo: string): Promise<boolean> {
  const pidFile = join(demo, "relay.pid");
  if (!existsSync(pidFile)) return false;
  const pid = Number(readFileSync(pidFile, "utf8"));
  const wasRunning = isOurRelay(pid) && process.kill(pid, "SIGTERM");
  for (const deadline = Date.now() + graceMs; wasRunning && isOurRelay(pid) && Date.now() < deadline; )
    await wait(20);
  rmSync(pidFile);
  return wasRunning;
}

// A number in a file may be another process's by now.
function isOurRelay(pid: number): boolean {
  const commandLine = `/proc/${pid}/cmdline`;
  if (existsSync("/proc/self")) {
    return existsSync(commandLine) && readFileSync(commandLine, "utf8").includes("darklang-relay");
  }
  try {
    return process.kill(pid, 0);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ESRCH") return false;
    throw error;
  }
}

if (import.meta.main) {
  const stopped = await stopRelay(join(import.meta.dirname, "..", "..", "demo"));
  console.log(stopped ? "The relay is stopped." : "No relay of the demo is running.");
}
