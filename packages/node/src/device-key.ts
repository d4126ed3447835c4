import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { chmodSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import type { Signer } from "@darksync/core/ports";
import { failure, type Result, success } from "@darksync/core/result";

/** Makes this device's Ed25519 key in a file that only its user can read (0600). Fails if the file exists. */
export function createDeviceKey(path: string): Signer {
  const { privateKey } = generateKeyPairSync("ed25519");
  const pem = privateKey.export({ format: "pem", type: "pkcs8" });
  const publicPem = createPublicKey(privateKey).export({ format: "pem", type: "spki" });
  if (existsSync(path)) throw new Error(`there is a key in ${path} already`);
  // Whole and on the disk before it has its name: what is saved later is of use with this key alone, and neither a
  // crash nor a power cut may leave half of it.
  const unfinished = `${path}.new`;
  writeFileSync(unfinished, `${pem}${publicPem}`, { mode: 0o600, flag: "wx", flush: true });
  // The process's mask may have taken more rights away, never given some; this is for file systems that ignore it.
  chmodSync(unfinished, 0o600);
  renameSync(unfinished, path);
  return signerOf(privateKey);
}

/** Reads this device's key. */
export function readDeviceKey(path: string): Result<Signer> {
  if (!existsSync(path)) {
    return failure(
      "key-missing",
      "this space has no device key",
      "Put device.key back from your backup; without it this copy can only be read. `darklang join` makes a new copy.",
    );
  }
  try {
    const pem = readFileSync(path, "utf8");
    const key = createPrivateKey(pem);
    // Any 32 bytes are a key. That these are the ones which were written, the public key after them tells.
    const publicPem = pem.slice(Math.max(0, pem.indexOf(publicHeading)));
    if (createPublicKey(key).equals(createPublicKey(publicPem))) return success(signerOf(key));
  } catch (error) {
    if (!(error instanceof Error)) throw error;
  }
  return failure("key-damaged", "the device key cannot be read", "Put device.key back from your backup.");
}

const publicHeading = "-----BEGIN PUBLIC KEY-----";

function signerOf(privateKey: KeyObject): Signer {
  const spki = createPublicKey(privateKey).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(spki.length - 32)),
    sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, privateKey))),
  };
}
