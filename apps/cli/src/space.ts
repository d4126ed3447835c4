import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Problem } from "@darksync/core/result";
import type { SyncStatus } from "@darksync/core/status";
import { readDeviceKey } from "@darksync/node/device-key";
import { isSyncLocked } from "@darksync/node/sync-lock";
import type { BranchView } from "@darksync/runtime/branch/branch-list";
import { readStatus } from "@darksync/runtime/read/status";
import { openReplica, type Replica, readFacts } from "@darksync/runtime/replica/replica";
import type { ReplicaStore } from "@darksync/runtime/store/store";
import { commonPorts } from "./common-ports.js";
import { openStore } from "./open-store.js";
import { ProblemError, unwrap } from "./problem-error.js";

/** Where the parts of a space are on disk. */
export interface SpacePaths {
  /** The folder people work in. */
  readonly folder: string;
  /** `.darklang` in it. */
  readonly dir: string;
  readonly database: string;
  /** The second copy of unsent work (S8). */
  readonly outbox: string;
  /** Room that is given up when the disk is full (S9). */
  readonly reserve: string;
  readonly key: string;
  readonly lock: string;
}

/** The parts of a space in a folder, there or not. */
export function spacePaths(folder: string): SpacePaths {
  const dir = join(folder, ".darklang");
  return {
    folder,
    dir,
    database: join(dir, "space.db"),
    outbox: join(dir, "outbox"),
    reserve: join(dir, "reserve"),
    key: join(dir, "device.key"),
    lock: join(dir, "sync.lock"),
  };
}

/** Finds the space: the one named, else the nearest `.darklang` upwards from the working directory. */
export function findSpace(named: string | undefined): SpacePaths {
  const given = named ?? process.env.DARKLANG_SPACE;
  const start = resolve(given ?? ".");
  if (given !== undefined) {
    const paths = spacePaths(start);
    if (existsSync(paths.dir)) return paths;
  } else {
    for (let folder = start; ; folder = dirname(folder)) {
      const paths = spacePaths(folder);
      if (existsSync(paths.dir)) return paths;
      if (dirname(folder) === folder) break;
    }
  }
  throw new ProblemError({
    code: "no-space-here",
    message: `there is no darklang space in ${given === undefined ? "this folder or above it" : start}`,
    hint: "Make one with `darklang init`, copy one with `darklang join URL`, or name one with --space DIR.",
  });
}

/** An open space, on main or on a branch. */
export interface Space {
  readonly paths: SpacePaths;
  /** Its packages are those that the command works on: what main shows, or what the branch does. */
  readonly replica: Replica;
  /** The branch that is worked on; null: main. */
  readonly branch: BranchView | null;
  /** What is true of sync now. */
  status(): SyncStatus;
  close(): void;
}

/** Opens a space that exists, on main. */
export async function openSpace(paths: SpacePaths): Promise<Space> {
  const signer = unwrap(readDeviceKey(paths.key));
  const store = await openStore(paths, signer, false);
  const replica = await openReplica({ ...commonPorts, store, signer });
  if (store.read(readFacts).member === "") {
    store.close();
    throw new ProblemError(unfinishedSpace(paths));
  }
  return spaceOf(paths, replica);
}

// What is saved before the device has introduced itself would never reach anybody.
function unfinishedSpace({ dir }: SpacePaths): Problem {
  return {
    code: "space-unfinished",
    message: "this space was interrupted while it was made; nothing was saved in it",
    hint: `Remove ${dir}, then \`darklang init\` or \`darklang join\` again.`,
  };
}

/** An open replica as a space, on main. */
export function spaceOf(paths: SpacePaths, replica: Replica): Space {
  return {
    paths,
    replica,
    branch: null,
    status: () => statusOfStore(replica.store, paths),
    close: () => replica.store.close(),
  };
}

/** What is true of sync now. */
export function statusOfStore(store: ReplicaStore, paths: SpacePaths): SyncStatus {
  return store.read((tables) => readStatus(tables, isSyncLocked(paths.lock)));
}
