import type { Problem } from "@darksync/core/result";
import type { StreamName } from "@darksync/core/stream";

/** Why an update is refused before it is applied (L2). */
export type UpdateRefusalCode = WholeRefusalCode | "gap";

type WholeRefusalCode =
  | "malformed"
  | "trailing-bytes"
  | "delete-set"
  | "bad-struct"
  | "wrong-array"
  | "not-an-append"
  | "unknown-client"
  | "block-too-large"
  | "too-many"
  | "clients-unsorted";

/** The update goes on where the receiver is not yet: ask again, saying what is held. */
export interface GapRefusal extends Problem<"gap"> {
  readonly stream: StreamName;
  /** Sequence number of the last block the receiver holds. */
  readonly held: number;
  /** Sequence number at which the update begins. */
  readonly firstSeq: number;
}

/** An update that was not applied, and why. */
export type UpdateRefusal = Problem<WholeRefusalCode> | GapRefusal;

const foreignHint = "Do not apply it. Connect with a client that only appends blocks.";
const askAgainHint = "Send your state vector again, so that the other side sends what is missing.";

const texts: Readonly<Record<WholeRefusalCode, readonly [message: string, hint: string]>> = {
  malformed: ["The bytes are not a Yjs update.", "Do not apply it. Ask for it again."],
  "trailing-bytes": ["The update goes on after its end.", "Do not apply it. Ask for it again."],
  "delete-set": [
    "The update deletes blocks.",
    "Do not apply it. The sender's document was damaged: it has to be rebuilt from its store.",
  ],
  "bad-struct": ["The update holds something that is not a block.", foreignHint],
  "wrong-array": ["The update writes where its stream may not write.", foreignHint],
  "not-an-append": ["The update writes elsewhere than at the end of its stream.", foreignHint],
  "unknown-client": ["The update continues a stream that is not known here.", askAgainHint],
  "block-too-large": ["The update holds a block above the size limit.", "Split the block into smaller ones."],
  "too-many": ["The update holds more streams or blocks than are taken at once.", "Send it in parts."],
  "clients-unsorted": ["The update lists its streams out of order, or one of them twice.", foreignHint],
};

/** The refusal of that code, with the words for it. */
export function updateRefusal(code: WholeRefusalCode): Problem<WholeRefusalCode> {
  const [message, hint] = texts[code];
  return { code, message, hint };
}

/** The refusal of an update that begins beyond what is held. */
export function gapRefusal(stream: StreamName, held: number, firstSeq: number): GapRefusal {
  const message = `The update begins at block ${firstSeq} of a stream of which ${held} are held.`;
  return { code: "gap", message, hint: askAgainHint, stream, held, firstSeq };
}
