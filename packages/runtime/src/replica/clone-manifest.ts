import { toHex } from "@darksync/core/bytes";
import { failure, type Result, success } from "@darksync/core/result";
import type { LogName } from "@darksync/core/vector";
import { decodeManifest, isManifestSigned, type Manifest } from "@darksync/log/manifest";
import type { SegmentSource } from "../transport.js";
import { type Replica, readFacts } from "./replica.js";

/** Where sealed parts of logs are fetched from. */
export interface CloneSource {
  readonly segments: SegmentSource;
  /** The relay's URL, as the transport knows it. */
  readonly url: string;
}

/**
 * What a relay says it has sealed of a log; null if nothing. The relay's key is pinned where it was first seen; with
 * `trusts` the one that comes now takes its place.
 */
export async function fetchManifest(
  replica: Replica,
  { segments, url }: CloneSource,
  log: LogName,
  trusts: boolean,
): Promise<Result<Manifest | null>> {
  const { space } = replica.store.read(readFacts);
  const fetched = await segments.manifest(url, space, log);
  if (!fetched.ok) return fetched;
  if (fetched.value === null) return success(null);
  const manifest = decodeManifest(fetched.value);
  if (manifest === null || manifest.space !== space || manifest.log !== log) return badManifest(log);
  if (!(await isManifestSigned(replica.verify, manifest))) return badManifest(log);
  return (await isPinned(replica, toHex(manifest.publicKey), trusts)) ? success(manifest) : otherKey;
}

/** Whether the key is the relay's as it is known here; a first one is taken at its word. */
async function isPinned(replica: Replica, key: string, trusts: boolean): Promise<boolean> {
  const pinned = replica.store.read(({ meta }) => meta.get(relayKeyName));
  if (pinned === key) return true;
  if (pinned !== null && !trusts) return false;
  await replica.store.write(({ meta }) => meta.set(relayKeyName, key));
  return true;
}

/** Under which name the relay's key is kept, in hex. */
export const relayKeyName: string = "relayKey";

function badManifest(log: LogName): Result<never> {
  return failure(
    "bad-manifest",
    `what the relay says it has sealed of ${log} is not well-formed or not signed by it`,
    "Its blocks were asked for one by one. Tell whoever runs the relay.",
  );
}

const otherKey = failure(
  "relay-key-changed",
  "the relay signs with another key than before, so what it sealed was not taken",
  "Blocks were asked for one by one. If its data was moved or restored: darklang sync --full",
);
