import type { LogName } from "@darksync/core/vector";
import { decodeManifest, type SignedManifest } from "@darksync/log/manifest";
import { decodeSegment, type Segment } from "@darksync/log/segment";
import { blockPorts, systemRandom } from "@darksync/node/crypto";
import { expect } from "vitest";
import { newSpaceId, type Relay } from "../../src/relay/relay.js";
import type { RelaySpace } from "../../src/relay/relay-space.js";
import type { SealingPorts } from "../../src/relay/sealer.js";
import type { Replica } from "../../src/replica/replica.js";
import type { RelaySpaces } from "../../src/store/store.js";
import { testSealing } from "./sealing.js";
import { mustSync, newRelay, newReplica, saveValue, viewOf } from "./team.js";
import { Wire } from "./wire.js";

export const log: LogName = "main/Acme";

/** Ada, who writes, and a relay that seals. */
export interface Bench {
  readonly spaces: RelaySpaces;
  readonly wire: Wire;
  readonly space: string;
  readonly ada: Replica;
}

/** A space of Ada's on a relay; without `sealing` that seals five changes at once. */
export async function setUp(spaces: RelaySpaces, sealing: SealingPorts = testSealing(5)): Promise<Bench> {
  const wire = new Wire(newRelay(spaces, sealing));
  const space = newSpaceId(systemRandom);
  const ada = await newReplica("Ada", space);
  await mustSync(ada, wire);
  return { spaces, wire, space, ada };
}

/** Saves so many values, each of which becomes a block of its own. */
export async function saveBlocks({ ada, wire }: Bench, count: number, from = 0): Promise<void> {
  for (let value = from; value < from + count; value += 1) {
    await saveValue(ada, `Acme.value${value % 4}`, value);
    await mustSync(ada, wire);
  }
}

/** A space that the relay has. */
export function spaceOf(relay: Relay, id: string): RelaySpace {
  const space = relay.space(id);
  if (space === null) throw new Error("no space");
  return space;
}

/** What the relay has sealed of the log. */
export async function manifestOf(relay: Relay, id: string): Promise<SignedManifest> {
  const bytes = await spaceOf(relay, id).history.manifest(log);
  const manifest = bytes === null ? null : decodeManifest(bytes);
  if (manifest === null) throw new Error("no manifest");
  return manifest;
}

/** The segments that a manifest names, each as it is served. */
export async function segmentsOf(relay: Relay, id: string): Promise<readonly Segment[]> {
  const segments: Segment[] = [];
  for (const { hash, byteCount } of (await manifestOf(relay, id)).segments) {
    const bytes = await spaceOf(relay, id).history.segment(log, hash);
    expect(bytes?.length).toBe(byteCount);
    const decoded = decodeSegment(blockPorts, hash, bytes ?? new Uint8Array());
    if (!decoded.ok) throw new Error(decoded.problem.message);
    segments.push(decoded.value);
  }
  return segments;
}

/** What a new member sees who asks for everything. */
export async function newcomerView({ wire }: Bench): Promise<Readonly<Record<string, string>>> {
  const bob = await newReplica("Bob", "");
  await mustSync(bob, wire);
  return viewOf(bob);
}

/** Seqs of the log's blocks with the segment each lies in. */
export function segmentNumbers(relay: Relay, id: string): readonly (number | null)[] {
  return spaceOf(relay, id).store.read(({ blocks }) =>
    [...blocks.tips(log)].flatMap(([stream, { seq }]) =>
      Array.from({ length: seq }, (_, index) => blocks.segmentOf(log, stream, index + 1)),
    ),
  );
}
