import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { startServer } from "./processes.ts";
import type { Side } from "./side.ts";

const folder = join(import.meta.dirname, "peers");

/** The command of the peers: see there. */
export const peerClient: string = join(folder, "client.js");

/** A peer by name, or why it cannot be measured. */
export interface Peers {
  readonly sides: readonly Side[];
  readonly absent: Readonly<Record<string, string>>;
}

/**
 * The servers of others, from a package of its own that is installed when it is first needed. Without a registry the
 * bench goes on without them, and says so.
 */
export async function loadPeers(): Promise<Peers> {
  // npm writes that file when all is there.
  const isInstalled = existsSync(join(folder, "node_modules", ".package-lock.json"));
  const problem = isInstalled ? null : install();
  if (problem !== null) {
    console.log(`The peers cannot be installed, and are left out: ${problem}`);
    const names = ["y-websocket", "hocuspocus", "automerge"];
    return { sides: [], absent: Object.fromEntries(names.map((name) => [name, "could not be installed"])) };
  }
  // Not by name: the package is not there when types are checked.
  const { peerSides } = (await import(pathToFileURL(join(folder, "sides.js")).href)) as {
    peerSides: (start: typeof startServer) => readonly Side[];
  };
  return { sides: peerSides(startServer), absent: {} };
}

function install(): string | null {
  console.log("Installing the peers in test/bench/peers …");
  const { status, stderr } = spawnSync(
    "npm",
    ["ci", "--loglevel=error", "--no-audit", "--fetch-retries=1", "--prefix", folder],
    {
      cwd: folder,
      encoding: "utf8",
    },
  );
  return status === 0 ? null : `npm ci ended with ${status}: ${stderr.trim().split("\n")[0]}`;
}
