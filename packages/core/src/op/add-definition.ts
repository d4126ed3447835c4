import { readText, writeText } from "../codec.js";
import { contentHash } from "../content-hash.js";
import { type DefinitionKind, maxDefinitionBytes } from "../definition.js";
import type { OpType } from "./op-type.js";

/** Brings the text of a definition; a `SetName` binds it. The hash is not in it, since it follows from the text. */
export interface AddDefinition<Type extends string> {
  readonly type: Type;
  readonly head: string;
  readonly tail: string;
}

/** What `AddFn`, `AddType` and `AddValue` have in common. */
export function addDefinition<Type extends string>(
  name: Type,
  number: number,
  kind: DefinitionKind,
): OpType<AddDefinition<Type>> {
  return {
    name,
    number,
    logs: ["main", "branch"],
    validate: (op) => {
      if (!op.head.isWellFormed() || !op.tail.isWellFormed()) return "the text is not well-formed Unicode";
      // Few texts are so long that their bytes have to be counted.
      const mayBeTooLarge = mostBytesPerUnit * (op.head.length + op.tail.length) > maxDefinitionBytes;
      return mayBeTooLarge && utf8Length(op.head) + utf8Length(op.tail) > maxDefinitionBytes
        ? `the definition is larger than ${maxDefinitionBytes / 1024} KiB`
        : null;
    },
    write: (writer, op) => {
      writeText(writer, op.head);
      writeText(writer, op.tail);
    },
    read: (reader) => {
      const head = readText(reader, maxDefinitionBytes);
      return { type: name, head, tail: readText(reader, maxDefinitionBytes) };
    },
    effects: (op, { hash }) => {
      const text = { kind, head: op.head, tail: op.tail };
      return [{ type: "text", hash: contentHash(hash, text), text }];
    },
  };
}

/** Bytes that a UTF-16 code unit takes at most in UTF-8. */
const mostBytesPerUnit = 3;

/** Bytes that a text takes in UTF-8. */
function utf8Length(text: string): number {
  let bytes = text.length;
  for (let index = 0; index < text.length; index += 1) {
    const unit = text.charCodeAt(index);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit < 0xd800 || unit > 0xdfff) ? 2 : 1;
  }
  return bytes;
}
