import type { Problem } from "@darksync/core/result";
import { deviceOf, type StreamName } from "@darksync/core/stream";
import type { LogName } from "@darksync/core/vector";

/** Why a block is refused (L2, C2, C3). */
export type RefusalCode =
  | "malformed-block"
  | "wrong-place"
  | "broken-chain"
  | "fork"
  | "closed-stream"
  | "misplaced-closing"
  | "no-authority"
  | "bad-signature"
  | "bad-payload";

/** A block that was not admitted, and with it what follows in its stream. */
export interface BlockRefusal {
  readonly stream: StreamName;
  readonly seq: number;
  readonly problem: Problem<RefusalCode>;
  /** With `no-authority`: what the rules of access had to say. */
  readonly cause: Problem | null;
}

const texts: Readonly<Record<RefusalCode, readonly [message: string, hint: string]>> = {
  "malformed-block": ["is not a block that this version can read", "Upgrade this side, or ask for it again."],
  "wrong-place": ["names another stream or another number", "Send every block in its own place."],
  "broken-chain": [
    "does not follow the block before it",
    "Compare the blocks before it: either it belongs elsewhere, or the stream forked earlier.",
  ],
  fork: [
    "is a second block of its device at this place",
    "The block held stands. The device has to move its other changes to a new epoch.",
  ],
  "closed-stream": [
    "lies beyond the end of its epoch, which its device has closed",
    "Move its changes to the new epoch.",
  ],
  "misplaced-closing": [
    "closes an epoch in a place where it may not",
    "Close another epoch, in the first block of the new one.",
  ],
  "no-authority": ["is by a device that may not write here", "Ask a maintainer for access."],
  "bad-signature": ["is not signed by its device", "Ask for it again from somebody else."],
  "bad-payload": ["holds what is no list of changes", "Its device has to make it again in a new epoch."],
};

/** The refusal of a block, with the words for it; the words of `cause` if there is one. */
export function blockRefusal(
  code: RefusalCode,
  log: LogName,
  stream: StreamName,
  seq: number,
  cause: Problem | null = null,
): BlockRefusal {
  const [what, hint] = texts[code];
  const place = `Block ${seq} of device ${deviceOf(stream).slice(0, 8)} in ${log}`;
  const problem =
    cause === null
      ? { code, message: `${place} ${what}.`, hint }
      : { code, message: `${place} was refused: ${cause.message}`, hint: cause.hint };
  return { stream, seq, problem, cause };
}
