/** SHA-256 (FIPS 180-4): any bytes → 32 bytes. */
export interface Hash {
  (bytes: Uint8Array): Uint8Array;
  /** The same in hex, where that takes less time than to make an array first. */
  readonly hex?: (bytes: Uint8Array) => string;
}

/** How the payload of a block is compressed. The numbers are part of the block format. */
export type CompressionMethod = "none" | "deflate-raw" | "brotli";

/** Compresses and expands block payloads. */
export interface Compression {
  compress(method: CompressionMethod, bytes: Uint8Array): Uint8Array;
  /** Null when the bytes are not of this method or expand beyond `maxBytes`. */
  expand(method: CompressionMethod, bytes: Uint8Array, maxBytes: number): Uint8Array | null;
}

/** Ed25519 (RFC 8032) public key: 32 bytes. */
export type PublicKey = Uint8Array;

/** The secret half of this device's key; it never leaves the device. */
export interface Signer {
  readonly publicKey: PublicKey;
  /** 64 bytes over the message. */
  sign(message: Uint8Array): Promise<Uint8Array>;
}

/** Checks an Ed25519 signature of 64 bytes. */
export type Verify = (publicKey: PublicKey, message: Uint8Array, signature: Uint8Array) => Promise<boolean>;

/** `length` unpredictable bytes. */
export type Random = (length: number) => Uint8Array;

/** Milliseconds since 1970, UTC. For people only: no rule of merging looks at it. */
export type Clock = () => number;
