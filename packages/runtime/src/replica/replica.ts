import { toHex } from "@darksync/core/bytes";
import type { Language } from "@darksync/core/language";
import { knownOps } from "@darksync/core/op/op";
import type { Clock, Compression, Hash, Random, Signer, Verify } from "@darksync/core/ports";
import { failure, type Result } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { isWanted } from "@darksync/sync/wanted";
import { TextsInHistory } from "../cache/texts-in-history.js";
import type { MetaStore } from "../store/block-store.js";
import { EvictedError } from "../store/evicted-error.js";
import type { ReplicaStore, ReplicaTables } from "../store/store.js";
import { refold } from "./refold.js";

/** What a replica runs on. */
export interface ReplicaPorts {
  readonly store: ReplicaStore;
  readonly signer: Signer;
  readonly hash: Hash;
  readonly verify: Verify;
  readonly compression: Compression;
  readonly clock: Clock;
  readonly random: Random;
  readonly language: Language;
}

/** One device's copy of a space. Its functions stand in the files beside this one. */
export interface Replica extends ReplicaPorts {
  /** This device's public key, hex. */
  readonly device: string;
  /** What `PackageStore.text` has of texts that were evicted. */
  readonly evictedTexts: Pick<TextsInHistory, "leniently">;
}

/**
 * Opens a replica on its store. If this version knows ops that the one before it did not, all is folded anew, so
 * that changes which were set aside take effect (O7).
 */
export async function openReplica(ports: ReplicaPorts): Promise<Replica> {
  const evictedTexts = ports.store.read((tables) => new TextsInHistory(ports, tables));
  ports.store.read(({ texts }) => texts.readEvictedWith((hash) => evictedTexts.read(hash)));
  const replica: Replica = { ...ports, device: toHex(ports.signer.publicKey), evictedTexts };
  const { lastKnownOps, isWaiting } = ports.store.read(({ meta }) => ({
    lastKnownOps: meta.get("knownOps"),
    isWaiting: meta.get(refoldWaitsKey) !== null,
  }));
  if (lastKnownOps === knownOps || isWaiting) return replica;
  try {
    await ports.store.write((tables) => {
      if (lastKnownOps !== null) refold(replica, tables);
      tables.meta.set("knownOps", knownOps);
    });
  } catch (error) {
    if (!(error instanceof EvictedError)) throw error;
    // What is here stays right as it is until the next sync fetches what was evicted.
    await ports.store.write(({ meta }) => meta.set(refoldWaitsKey, "yes"));
  }
  return replica;
}

/** Under which name it is noted that all is to be folded anew as soon as the evicted history is here. */
export const refoldWaitsKey: string = "refoldWaits";

/** A replica's settings and small facts, by the names they are kept under. */
export interface ReplicaFacts {
  /** Id of the space, hex; empty before a replica that was made to join one has met its relay. */
  readonly space: string;
  readonly member: string;
  readonly relay: string | null;
  readonly workOffline: boolean;
  readonly strategy: string;
  /** Owners that this replica keeps; empty: all. */
  readonly only: readonly string[];
  readonly lastSyncedAtMs: number | null;
  /** Null if the relay was never tried. */
  readonly lastAttemptReached: boolean | null;
  /** Whether a relay ever acknowledged something of this space. */
  readonly wasAcknowledged: boolean;
}

/** The failure of a place that this replica does not keep; null if it does (`join --only`). */
export function notKept({ meta }: ReplicaTables, log: LogName): Extract<Result<never>, { ok: false }> | null {
  const only = readOnly(meta);
  if (isWanted(log, only)) return null;
  return failure(
    "not-kept",
    `this copy keeps only ${only.join(", ")}`,
    "For a copy of everything: darklang join URL DIR --as NAME",
  );
}

/** Reads the facts of a replica. */
export function readFacts({ meta }: ReplicaTables): ReplicaFacts {
  const lastSyncedAt = meta.get("lastSyncedAtMs");
  const reached = meta.get("lastAttemptReached");
  return {
    space: meta.get("space") ?? "",
    member: meta.get("member") ?? "",
    relay: meta.get("relay"),
    workOffline: meta.get("workOffline") === "yes",
    strategy: meta.get("strategy") ?? "eager",
    only: readOnly(meta),
    lastSyncedAtMs: lastSyncedAt === null ? null : Number(lastSyncedAt),
    lastAttemptReached: reached === null ? null : reached === "yes",
    wasAcknowledged: meta.get("wasAcknowledged") === "yes",
  };
}

function readOnly(meta: MetaStore): readonly string[] {
  const only = meta.get("only");
  return only === null ? [] : (JSON.parse(only) as string[]);
}
