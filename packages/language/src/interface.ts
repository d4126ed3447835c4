import type { DefinitionText } from "@darksync/core/definition";
import { mask } from "./mask.js";
import { readSignature } from "./signature.js";
import { tokens } from "./tokens.js";

/**
 * Whether users of a definition find the same in both texts: the same kind and signature; of a type all its code.
 * Texts that cannot be read are the same if they are equal.
 */
export function sameInterface(name: string, left: DefinitionText, right: DefinitionText): boolean {
  if (left.kind !== right.kind) return false;
  if (left.tail === right.tail) return true;
  const [one, other] = [declarationOf(name, left), declarationOf(name, right)];
  if (left.kind === "type") return codeOf(one.text) === codeOf(other.text);
  if (endsWithin(one, commonLength(one.text, other.text))) return true;
  const signature = signatureOf(one);
  return signature !== null && signature === signatureOf(other);
}

/** A definition from its name on, and where the name ends. */
interface Declaration {
  readonly text: string;
  readonly nameEnd: number;
}

function declarationOf(name: string, { head, tail }: DefinitionText): Declaration {
  const isQuoted = head.endsWith("``") && tail.startsWith("``");
  const start = isQuoted ? `\`\`${name}\`\`` : name;
  return { text: start + (isQuoted ? tail.slice(2) : tail), nameEnd: start.length };
}

/** Whether the signature ends in the first part of a text, which alone is read: most edits are beyond it. */
function endsWithin({ text, nameEnd }: Declaration, length: number): boolean {
  return length > nameEnd && readSignature(mask(text.slice(0, length)).code, nameEnd) !== null;
}

function signatureOf({ text, nameEnd }: Declaration): string | null {
  const read = readSignature(mask(text).code, nameEnd);
  return read === null ? null : JSON.stringify(read.signature);
}

/** The text without white space and comments, piece by piece. */
function codeOf(text: string): string {
  return JSON.stringify(
    tokens(text).filter((piece) => piece.trim() !== "" && !piece.startsWith("//") && !piece.startsWith("(*")),
  );
}

function commonLength(left: string, right: string): number {
  const most = Math.min(left.length, right.length);
  let length = 0;
  while (length < most && left.charCodeAt(length) === right.charCodeAt(length)) length += 1;
  return length;
}
