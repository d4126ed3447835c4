/** Larger messages are not copied behind their header. */
const mostCopiedBytes = 64 * 1024;
const binaryFrame = 0x82;

let lastMessage: Uint8Array | null = null;
let lastFrame: readonly Uint8Array[] = [];

/**
 * The frame of a message as a server sends it (RFC 6455, 5.2: final, binary, not masked), in one or two pieces. It is the
 * same for everybody, and made once if it goes to one after the other. The message must not be changed afterwards.
 */
export function frameOf(message: Uint8Array): readonly Uint8Array[] {
  if (message === lastMessage) return lastFrame;
  const { length } = message;
  const isCopied = length <= mostCopiedBytes;
  const headerBytes = length < 126 ? 2 : length < 65_536 ? 4 : 10;
  const frame = Buffer.allocUnsafe(headerBytes + (isCopied ? length : 0));
  frame[0] = binaryFrame;
  if (length < 126) frame[1] = length;
  else if (length < 65_536) {
    frame[1] = 126;
    frame.writeUInt16BE(length, 2);
  } else {
    frame[1] = 127;
    frame.writeBigUInt64BE(BigInt(length), 2);
  }
  if (isCopied) frame.set(message, headerBytes);
  const pieces = isCopied ? [frame] : [frame, message];
  // A large one would be kept in memory, and is copied for nobody anyway.
  if (isCopied) [lastMessage, lastFrame] = [message, pieces];
  return pieces;
}
