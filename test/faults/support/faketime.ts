import { execFileSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";

const [library] = findLibrary();

function findLibrary(): readonly string[] {
  const places = ["/usr/lib/*/faketime/libfaketime.so.1", "/usr/local/lib/faketime/libfaketime.so.1"];
  const found = globSync(places);
  if (found.length > 0 || !mayInstall()) return found;
  try {
    const wait = ["-o", "DPkg::Lock::Timeout=120"];
    execFileSync("apt-get", [...wait, "update"], { stdio: "ignore" });
    execFileSync("apt-get", [...wait, "install", "-y", "--no-install-recommends", "faketime"], {
      stdio: "ignore",
    });
  } catch (error) {
    console.log(`faketime could not be installed: ${error instanceof Error ? error.message : error}`);
  }
  return globSync(places);
}

function mayInstall(): boolean {
  return process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

/** Why clocks cannot be moved here; null if they can. */
export const noFaketime: string | null =
  library === undefined ? "needs faketime (Debian: apt-get install faketime)" : null;

/**
 * The environment of a process whose wall clock is off by what the file says, like `+100y` or `-3d`, also while it runs.
 * Its timers are right, as on a machine whose clock is set.
 */
export function clockOf(offsetFile: string): Readonly<Record<string, string>> {
  return {
    LD_PRELOAD: library ?? "",
    FAKETIME_TIMESTAMP_FILE: offsetFile,
    FAKETIME_NO_CACHE: "1",
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}
