import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from "node:crypto";
import { toHex } from "@darksync/core/bytes";
import type { Signer, Verify } from "@darksync/core/ports";
import { sha256 } from "@darksync/node/crypto";

// RFC 8410: what stands before the 32 bytes of a key in its DER form.
const privatePrefix = Buffer.from("302e020100300506032b657004220420", "hex");
const publicPrefix = Buffer.from("302a300506032b6570032100", "hex");

/** The Ed25519 key of 32 bytes of chance (RFC 8032 takes any). */
export function signerOf(secret: Uint8Array): Signer {
  const key = createPrivateKey({ key: Buffer.concat([privatePrefix, secret]), format: "der", type: "pkcs8" });
  const spki = createPublicKey(key).export({ format: "der", type: "spki" });
  return {
    publicKey: new Uint8Array(spki.subarray(spki.length - 32)),
    sign: (message) => Promise.resolve(new Uint8Array(sign(null, message, key))),
  };
}

/**
 * Checks signatures as Node does, and remembers what it found: in one run every replica and relay checks the same ones.
 */
export function rememberingVerify(): Verify {
  const keys = new Map<string, KeyObject>();
  const found = new Map<string, boolean>();
  const keyOf = (publicKey: Uint8Array) => {
    const name = toHex(publicKey);
    const known = keys.get(name);
    if (known !== undefined) return known;
    const key = createPublicKey({
      key: Buffer.concat([publicPrefix, publicKey]),
      format: "der",
      type: "spki",
    });
    keys.set(name, key);
    return key;
  };
  return (publicKey, message, signature) => {
    if (publicKey.length !== 32 || signature.length !== 64) return Promise.resolve(false);
    const name = `${toHex(publicKey)} ${toHex(signature)} ${toHex(sha256(message))}`;
    let isGood = found.get(name);
    if (isGood === undefined) {
      isGood = verify(null, message, keyOf(publicKey), signature);
      found.set(name, isGood);
    }
    return Promise.resolve(isGood);
  };
}
