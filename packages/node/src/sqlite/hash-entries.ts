/** Bytes of a hash. */
export const hashBytes: number = 32;
/** Bytes of a hash with its number. */
export const entryBytes: number = hashBytes + 8;
/** So many of the first bytes of a hash tell in which row it is. */
export const prefixBytes: number = 5;

// So many fit in one page of the database.
const entriesPerRow = 100;

/** Hashes (hex) and their numbers as bytes, in order of the hashes. */
export function sortedEntries(hashes: readonly string[], numbers: readonly number[]): Uint8Array {
  const unsorted = Buffer.alloc(hashes.length * entryBytes);
  const orders = new Float64Array(hashes.length);
  for (const [index, hash] of hashes.entries()) {
    unsorted.write(hash, index * entryBytes, "hex");
    unsorted.writeDoubleBE(numbers[index] ?? 0, index * entryBytes + hashBytes);
    orders[index] =
      unsorted.readUInt32BE(index * entryBytes) * 2 ** 16 + unsorted.readUInt16BE(index * entryBytes + 4);
  }
  const sorted = Buffer.alloc(unsorted.length);
  Uint32Array.from(orders.keys())
    .sort(
      (left, right) => (orders[left] ?? 0) - (orders[right] ?? 0) || compare(unsorted, left, unsorted, right),
    )
    .forEach((from, to) => {
      unsorted.copy(sorted, to * entryBytes, from * entryBytes, (from + 1) * entryBytes);
    });
  return sorted;
}

/** Sorted entries of two, in one. */
export function mergedEntries(left: Uint8Array, right: Uint8Array): Uint8Array {
  const [leftBytes, rightBytes] = [bufferOf(left), bufferOf(right)];
  const merged = Buffer.alloc(left.length + right.length);
  const [leftCount, rightCount] = [left.length / entryBytes, right.length / entryBytes];
  for (let ofLeft = 0, ofRight = 0; ofLeft < leftCount || ofRight < rightCount; ) {
    const isLeft =
      ofRight === rightCount || (ofLeft < leftCount && compare(leftBytes, ofLeft, rightBytes, ofRight) < 0);
    const [from, index] = isLeft ? [leftBytes, ofLeft] : [rightBytes, ofRight];
    from.copy(merged, (ofLeft + ofRight) * entryBytes, index * entryBytes, (index + 1) * entryBytes);
    if (isLeft) ofLeft += 1;
    else ofRight += 1;
  }
  return merged;
}

/** Sorted entries in parts for a row each: the first prefix of a part is in no other part. */
export function* splitEntries(entries: Uint8Array): Generator<Uint8Array> {
  const bytes = bufferOf(entries);
  const count = entries.length / entryBytes;
  for (let first = 0; first < count; ) {
    let end = Math.min(first + entriesPerRow, count);
    while (end < count && prefixOf(bytes, end) === prefixOf(bytes, end - 1)) end += 1;
    yield entries.subarray(first * entryBytes, end * entryBytes);
    first = end;
  }
}

/** About how many rows entries take. */
export function rowsOf(entries: Uint8Array): number {
  return Math.ceil(entries.length / (entriesPerRow * entryBytes));
}

/** The numbers of sorted entries from one hash to another, both included. */
export function numbersBetween(entries: Uint8Array, first: Uint8Array, last: Uint8Array): readonly number[] {
  const found: number[] = [];
  for (let index = 0; index < entries.length / entryBytes; index += 1) {
    const hash = bufferOf(entries).subarray(index * entryBytes, index * entryBytes + hashBytes);
    if (hash.compare(first) >= 0 && hash.compare(last) <= 0) found.push(numberAt(entries, index));
  }
  return found;
}

/** Entries one after the other. */
export function joinedEntries(parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

/** What a row with an entry is found by. */
export function prefixOf(entries: Uint8Array, index: number): number {
  const at = index * entryBytes;
  const view = new DataView(entries.buffer, entries.byteOffset, entries.byteLength);
  return view.getUint32(at) * 2 ** 8 + view.getUint8(at + 4);
}

/** Where a hash is among sorted entries; -1 if it is not. */
export function indexIn(entries: Uint8Array, hash: Uint8Array): number {
  const bytes = bufferOf(entries);
  let [from, to] = [0, entries.length / entryBytes];
  while (from < to) {
    const middle = (from + to) >> 1;
    const order = bytes.compare(hash, 0, hashBytes, middle * entryBytes, middle * entryBytes + hashBytes);
    if (order === 0) return middle;
    if (order < 0) from = middle + 1;
    else to = middle;
  }
  return -1;
}

/** The number of the hash at an index. */
export function numberAt(entries: Uint8Array, index: number): number {
  return bufferOf(entries).readDoubleBE(index * entryBytes + hashBytes);
}

function compare(left: Buffer, ofLeft: number, right: Buffer, ofRight: number): number {
  const [leftAt, rightAt] = [ofLeft * entryBytes, ofRight * entryBytes];
  return left.compare(right, rightAt, rightAt + hashBytes, leftAt, leftAt + hashBytes);
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
