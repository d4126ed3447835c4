import type { Reader, Writer } from "../codec.js";
import type { ContentHash } from "../content-hash.js";
import type { DefinitionText } from "../definition.js";
import type { Timestamp } from "../hlc.js";
import type { OpId } from "../op-id.js";
import type { Hash } from "../ports.js";
import type { Register, RegisterType, RegisterValues } from "../register.js";
import type { LogName } from "../vector.js";

/** What an op does to the state. */
export type Effect = { [Type in RegisterType]: Assign<Type> }[RegisterType] | TextEffect;

/** Brings the text of a definition. */
export interface TextEffect {
  readonly type: "text";
  readonly hash: ContentHash;
  /** Null where it is only known how to read it: whoever folds a whole history needs few of its texts. */
  readonly text: DefinitionText | null;
}

/** Assigns a value to a register in place of the assignments it supersedes. */
export interface Assign<Type extends RegisterType> {
  readonly type: "assign";
  readonly register: Register<Type>;
  readonly value: RegisterValues[Type];
  readonly supersedes: readonly OpId[];
}

/** What an op may need to know to tell its effects. */
export interface EffectContext {
  readonly hash: Hash;
  /** Public key of the change's device, hex. */
  readonly device: string;
  /** Log that the change is in. */
  readonly log: LogName;
  /** Time of the change. */
  readonly time: Timestamp;
  /** Hash of the definition whose text the op right before brings, or null. */
  readonly textBefore: ContentHash | null;
}

/** All there is to know of one kind of op. `Op` must have a `type` equal to `name`. */
export interface OpType<Op extends { readonly type: string }> {
  readonly name: Op["type"];
  /** Number in the format; never reused. */
  readonly number: number;
  /** The logs it may stand in: the part of the log's name before the slash. */
  readonly logs: readonly ("auth" | "main" | "branch" | "requests")[];
  /** What is wrong with it in this log, or null. It is called on what people make and on what arrives. */
  validate(op: Op, log: LogName): string | null;
  write(writer: Writer, op: Op): void;
  read(reader: Reader): Op;
  effects(op: Op, context: EffectContext): readonly Effect[];
}
