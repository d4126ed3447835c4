/** Rows in one message: a length of four bytes before each. */
export function packRows(rows: readonly Uint8Array[]): Buffer {
  const message = Buffer.allocUnsafe(rows.reduce((sum, row) => sum + 4 + row.length, 0));
  let place = 0;
  for (const row of rows) {
    place = message.writeUInt32LE(row.length, place);
    message.set(row, place);
    place += row.length;
  }
  return message;
}

/** The rows of a message. */
export function unpackRows(message: Buffer): readonly Uint8Array[] {
  const rows: Uint8Array[] = [];
  for (let place = 0; place < message.length; ) {
    const end = place + 4 + message.readUInt32LE(place);
    rows.push(message.subarray(place + 4, end));
    place = end;
  }
  return rows;
}
