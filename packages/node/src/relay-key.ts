import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Signer } from "@darksync/core/ports";
import { failure, type Result, success } from "@darksync/core/result";
import { createDeviceKey, readDeviceKey } from "./device-key.js";

/**
 * The Ed25519 key of the relay that keeps this folder: made the first time, in a file that only its user can read. It
 * signs what the relay seals, and clients remember it. Only one process at a time may work on the folder.
 */
export function openRelayKey(dir: string): Result<Signer, "relay-key-damaged"> {
  const path = join(dir, "relay.key");
  if (!existsSync(path)) return success(createDeviceKey(path));
  const key = readDeviceKey(path);
  if (key.ok) return key;
  return failure(
    "relay-key-damaged",
    `the relay's key ${path} cannot be read`,
    "Put it back from your backup. If there is none, move it away: a new one is made, and clients say that it changed.",
  );
}
