import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeBlock, readPayload } from "@darksync/core/block";
import { changeId } from "@darksync/core/change";
import type { ChangeId } from "@darksync/core/op-id";
import type { Signer } from "@darksync/core/ports";
import { deviceOf } from "@darksync/core/stream";
import { darklang } from "@darksync/language/darklang";
import { blockPorts, nodeCompression, sha256 } from "@darksync/node/crypto";
import { createDeviceKey } from "@darksync/node/device-key";
import { relayPorts, replicaPorts } from "@darksync/node/process-ports";
import { expect, onTestFinished } from "vitest";
import { save } from "../../src/edit/save.js";
import { memoryRelaySpaces } from "../../src/memory/relay-spaces.js";
import { memoryReplicaStore } from "../../src/memory/replica-store.js";
import { Relay } from "../../src/relay/relay.js";
import type { SealingPorts } from "../../src/relay/sealer.js";
import { createReplica } from "../../src/replica/create-space.js";
import { vectorOf } from "../../src/replica/log-view.js";
import { openReplica, type Replica, readFacts } from "../../src/replica/replica.js";
import { SyncSession } from "../../src/replica/sync-session.js";
import type { SyncOutcome } from "../../src/replica/sync-tally.js";
import type { BlockStore } from "../../src/store/block-store.js";
import type { RelaySpaces, ReplicaStore } from "../../src/store/store.js";
import { noTimers, type Wire } from "./wire.js";

/** A folder that goes when the test is over. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "darksync-runtime-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A new device key. */
export function newSigner(): Signer {
  return createDeviceKey(join(testFolder(), "device.key"));
}

/** A relay over these spaces; a failure of its own fails the test, unless somebody wants to hear of it. */
export function newRelay(
  spaces: RelaySpaces = memoryRelaySpaces(blockPorts),
  sealing: SealingPorts = relayPorts.sealing,
  onFailure: (error: unknown) => void = (error) => expect.unreachable(String(error)),
): Relay {
  return new Relay({
    ...relayPorts,
    signer: newSigner(),
    sealing,
    spaces,
    onFailure,
  });
}

/** Opens a replica on a store that holds one. */
export function reopen(store: ReplicaStore, signer: Signer): Promise<Replica> {
  return openReplica({
    store,
    signer,
    ...replicaPorts,
    language: darklang,
  });
}

/** A new replica; without `space` it joins its relay's. */
export async function newReplica(
  member: string,
  space: string,
  store: ReplicaStore = memoryReplicaStore(),
  signer: Signer = newSigner(),
): Promise<Replica> {
  const replica = await reopen(store, signer);
  const owners = space === "" ? [] : ["Acme"];
  const created = await createReplica(replica, { space, member, owners, relay: "memory", only: [] });
  expect(created.ok).toBe(true);
  return replica;
}

/** Syncs once over the wire. */
export function sync(replica: Replica, wire: Wire): Promise<SyncOutcome> {
  return newSession(replica, wire, "once").run();
}

export function newSession(replica: Replica, { transport }: Wire, mode: "once" | "stay"): SyncSession {
  return new SyncSession(replica, { transport, timers: noTimers }, "memory", mode);
}

/** Syncs once; it must come to its end. */
export async function mustSync(replica: Replica, wire: Wire): Promise<SyncOutcome> {
  const outcome = await sync(replica, wire);
  expect(outcome.problem).toBeNull();
  expect(outcome.refused).toEqual([]);
  return outcome;
}

/** Saves `let NAME = VALUE`; gives the change. */
export async function saveValue(replica: Replica, location: string, value: number): Promise<ChangeId> {
  const saved = await save(replica, location, `let ${location.split(".").at(-1)} = ${value}L\n`);
  if (!saved.ok) throw new Error(saved.problem.message);
  return saved.value.change;
}

/** What a replica shows: each location with the hash that is shown and its conflict. */
export function viewOf({ store }: Replica): Readonly<Record<string, string>> {
  const rows = store.read(({ packages }) => packages.names("", Number.MAX_SAFE_INTEGER));
  return Object.fromEntries(
    rows.map(({ location, shown, conflict }) => {
      const value = shown?.value;
      return [location, `${value?.type === "definition" ? value.hash : "nothing"} ${conflict?.id ?? ""}`];
    }),
  );
}

/** The ids of all changes that a replica has, each once, in order. */
export function changesOf({ store }: Replica): readonly ChangeId[] {
  return store.read(({ changes }) => changes.after(0, Number.MAX_SAFE_INTEGER).map(({ id }) => id)).sort();
}

/** How many changes wait or are not known to be durable. */
export function pendingOf({ store }: Replica): number {
  return store.read(({ blocks, changes, durable }) => {
    const logs = new Set([...blocks.logs(), ...changes.logsWithUnsigned()]);
    return [...logs].reduce(
      (sum, log) => sum + changes.countUnsigned(log) + durable.countBeyondDurable(log),
      0,
    );
  });
}

/** The blocks of a relay that count, as texts `log stream seq hash`, and the changes in them. */
export function contentOf(
  relay: Relay,
  space: string,
): { blocks: Set<string>; changes: readonly ChangeId[] } {
  const found = { blocks: new Set<string>(), changes: [] as ChangeId[] };
  relay.space(space)?.store.read(({ blocks }) => {
    for (const log of blocks.logs()) {
      for (const stream of blocks.tips(log).keys()) {
        const end = blocks.closedAt(log, stream) ?? Number.MAX_SAFE_INTEGER;
        for (const { seq, hash, bytes } of blocksOf(blocks, log, stream)) {
          found.blocks.add(`${log} ${stream} ${seq} ${hash}`);
          if (seq <= end) found.changes.push(...changesIn(bytes, log, deviceOf(stream)));
        }
      }
    }
  });
  return found;
}

function blocksOf(blocks: BlockStore, log: string, stream: string): ReturnType<BlockStore["read"]> {
  return blocks.read(log, stream, 1, Number.MAX_SAFE_INTEGER);
}

function changesIn(bytes: Uint8Array, log: string, device: string): readonly ChangeId[] {
  const block = decodeBlock(bytes);
  const changes = block === null ? null : readPayload(nodeCompression, block);
  if (changes === null) throw new Error("the relay holds what is no block");
  return changes.map((change) => changeId(sha256, device, log, change));
}

/** What a replica says is durable must be on the relay, block for block (L5). */
export function expectHonest(replica: Replica, relay: Relay): void {
  const space = replica.store.read(readFacts).space;
  const { blocks: stored } = contentOf(relay, space);
  replica.store.read(({ blocks, durable }) => {
    for (const log of blocks.logs()) {
      const held = vectorOf(blocks, log);
      for (const [stream, seq] of durable.durable(log)) {
        expect(seq).toBeLessThanOrEqual(held.get(stream) ?? 0);
        for (let at = 1; at <= seq; at += 1) {
          expect(stored).toContain(`${log} ${stream} ${at} ${blocks.hashAt(log, stream, at)}`);
        }
      }
    }
  });
}
