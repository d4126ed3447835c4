import { cpSync, existsSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { decodeBlock, readPayload } from "@darksync/core/block";
import { changeId } from "@darksync/core/change";
import { deviceOf } from "@darksync/core/stream";
import { nodeCompression, sha256 } from "@darksync/node/crypto";
import { openRelaySpaces } from "@darksync/node/sqlite/relay-spaces";
import { openReplicaStore } from "@darksync/node/sqlite/replica-store";
import type { BlockStore } from "@darksync/runtime/store/block-store";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import { newRoot } from "./files.js";

const everything = Number.MAX_SAFE_INTEGER;

/** Where a space keeps its database. */
export function databaseOf(folder: string): string {
  return join(folder, ".darklang", "space.db");
}

/** Reads a space's tables; what `read` gives, or null if there is no database. */
export function readSpace<Value>(folder: string, read: (tables: ReplicaTables) => Value): Value | null {
  if (!existsSync(databaseOf(folder))) return null;
  const store = openReplicaStore(databaseOf(folder), { create: false });
  try {
    return store.read(read);
  } finally {
    store.close();
  }
}

/** The ids of all changes of a space, in order of number. */
export function changeIds({ changes }: ReplicaTables): readonly string[] {
  return changes.after(0, everything).map(({ id }) => id);
}

/** The ids of the changes that the relay is not known to have. */
export function unsentIds({ changes, durable }: ReplicaTables): readonly string[] {
  return changes
    .after(0, everything)
    .filter(({ log, place }) => place === null || place.seq > (durable.durable(log).get(place.stream) ?? 0))
    .map(({ id }) => id)
    .toSorted();
}

/** What main shows: each location with the hash that is shown and its conflict. */
export function viewOf({ packages }: ReplicaTables): Readonly<Record<string, string>> {
  return Object.fromEntries(
    packages.names("", everything).map(({ location, shown, conflict }) => {
      const value = shown?.value;
      return [location, `${value?.type === "definition" ? value.hash : "nothing"} ${conflict?.id ?? ""}`];
    }),
  );
}

/** The durable blocks that a replica says it knows of, as texts `log stream seq hash` (L5). */
export function claimedBlocks({ blocks, durable }: ReplicaTables): readonly string[] {
  return blocks.logs().flatMap((log) =>
    [...durable.durable(log)].flatMap(([stream, upTo]) =>
      Array.from({ length: upTo }, (_, index) => {
        const hash = blocks.hashAt(log, stream, index + 1);
        return `${log} ${stream} ${index + 1} ${hash}`;
      }),
    ),
  );
}

/** What a relay's rows hold. */
export interface RelayContent {
  /** As texts `log stream seq hash`. */
  readonly blocks: ReadonlySet<string>;
  /** The changes that count: those beyond the end of a closed epoch do not. */
  readonly changes: readonly string[];
}

/** Reads the rows of a relay's only space, in a copy: the relay may be running, and lets nobody else in. */
export function readRelay(data: string): RelayContent {
  const copy = newRoot();
  try {
    for (const file of readdirSync(data))
      if (/\.db(?:-wal)?$/.test(file)) cpSync(join(data, file), join(copy, file));
    return readRows(copy);
  } finally {
    rmSync(copy, { recursive: true });
  }
}

function readRows(data: string): RelayContent {
  const found = { blocks: new Set<string>(), changes: [] as string[] };
  const spaces = openRelaySpaces(data);
  try {
    for (const space of spaces.list()) {
      spaces.open(space)?.read(({ blocks }) => {
        for (const log of blocks.logs())
          for (const stream of blocks.tips(log).keys()) readStream(blocks, log, stream, found);
      });
    }
  } finally {
    spaces.close();
  }
  return found;
}

function readStream(
  store: BlockStore,
  log: string,
  stream: string,
  found: { readonly blocks: Set<string>; readonly changes: string[] },
): void {
  const end = store.closedAt(log, stream) ?? everything;
  for (const { seq, hash, bytes } of store.read(log, stream, 1, everything)) {
    found.blocks.add(`${log} ${stream} ${seq} ${hash}`);
    const block = decodeBlock(bytes);
    const changes = block === null ? null : readPayload(nodeCompression, block);
    if (changes === null) throw new Error(`block ${seq} of ${stream} cannot be read`);
    if (seq > end) continue;
    for (const change of changes) found.changes.push(changeId(sha256, deviceOf(stream), log, change));
  }
}
