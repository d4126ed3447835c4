import { toHex } from "@darksync/core/bytes";
import type { Signer } from "@darksync/core/ports";
import { nodeCompression, sha256, systemRandom } from "@darksync/node/crypto";
import { expect } from "vitest";
import { MemoryOutbox } from "../../src/memory/memory-outbox.js";
import { memoryReplicaStore } from "../../src/memory/replica-store.js";
import { type OutboxContent, readOutbox } from "../../src/outbox/outbox-content.js";
import { ownPending } from "../../src/outbox/own-pending.js";
import { StoreWithOutbox } from "../../src/outbox/store-with-outbox.js";
import { newSpaceId } from "../../src/relay/relay.js";
import type { Replica } from "../../src/replica/replica.js";
import type { OutboxJournal } from "../../src/store/outbox-journal.js";
import type { ReplicaStore } from "../../src/store/store.js";
import { newReplica, newSigner } from "./team.js";

/** A replica with its outbox, both in memory. */
export interface Kept {
  readonly replica: Replica;
  readonly signer: Signer;
  /** The store without the outbox. */
  readonly plain: ReplicaStore;
  readonly journal: MemoryOutbox;
}

/** Makes a space, or with `space` empty what joins its relay's. */
export async function newKept(member: string, space: string = newSpaceId(systemRandom)): Promise<Kept> {
  const signer = newSigner();
  const plain = memoryReplicaStore();
  const journal = new MemoryOutbox();
  const replica = await newReplica(member, space, keep(plain, journal, signer), signer);
  return { replica, signer, plain, journal };
}

/** A store with an outbox; trouble with the outbox fails the test unless somebody wants to hear of it. */
export function keep(
  store: ReplicaStore,
  journal: OutboxJournal,
  signer: Signer,
  onTrouble: (error: unknown) => void = (error) => expect.unreachable(String(error)),
  afterTurn: (callback: () => void) => void = setImmediate,
): StoreWithOutbox {
  return new StoreWithOutbox(store, { ...ownPorts(signer), journal, onTrouble, afterTurn });
}

export function ownPorts(signer: Signer) {
  return { hash: sha256, compression: nodeCompression, device: toHex(signer.publicKey) };
}

export function contentOf({ journal, signer }: Pick<Kept, "journal" | "signer">): OutboxContent {
  return readOutbox(sha256, journal, toHex(signer.publicKey));
}

/** Ids in the outbox, in order. */
export function idsIn(kept: Pick<Kept, "journal" | "signer">): readonly string[] {
  return contentOf(kept).changes.map(({ id }) => id);
}

/** Ids of the own changes that no relay acknowledged. */
export function pendingIds({ plain, signer }: Pick<Kept, "plain" | "signer">): readonly string[] {
  return plain.read((tables) => [...ownPending(ownPorts(signer), tables)].map(({ id }) => id));
}
