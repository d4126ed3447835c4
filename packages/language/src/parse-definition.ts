import { type DefinitionKind, type DefinitionText, maxDefinitionBytes } from "@darksync/core/definition";
import type { LanguageProblem, ParsedDefinition } from "@darksync/core/language";
import { type Block, blocksOf, isDoc } from "./blocks.js";
import { bracketProblem } from "./brackets.js";
import { afterMark, type Line, linesOf } from "./lines.js";
import { type Mask, mask } from "./mask.js";
import { namePattern, segmentOf } from "./name.js";
import { readSignature } from "./signature.js";

interface Source {
  readonly text: string;
  readonly masked: Mask;
  readonly lines: readonly Line[];
}

/** Parses a text that must be exactly one definition at column 0; blank lines around it are left out. */
export function parseDefinition(text: string): ParsedDefinition | LanguageProblem {
  if (utf8Length(text, maxDefinitionBytes) > maxDefinitionBytes) {
    return { line: 1, reason: `a definition may have at most ${maxDefinitionBytes / 1024} KiB` };
  }
  const masked = mask(text);
  const source = { text, masked, lines: linesOf(text, masked, afterMark(text)) };
  if (masked.unclosed !== null) {
    return problemAt(
      source,
      masked.unclosed.at,
      `the ${masked.unclosed.what} that starts here is never closed`,
    );
  }
  const blocks = blocksOf(text, masked.code, source.lines);
  const block = blocks[0];
  if (block === undefined)
    return { line: 1, reason: "there is no definition here: expected `let`, `val` or `type`" };
  return strayLine(source, blocks, block) ?? readDeclaration(source, block);
}

/** Whether parsing failed. */
export function isProblem(parsed: ParsedDefinition | LanguageProblem): parsed is LanguageProblem {
  return "reason" in parsed;
}

/** A line that is no part of the one definition that is expected. */
function strayLine(source: Source, blocks: readonly Block[], block: Block): LanguageProblem | null {
  if (block.kind === "module") return { line: block.line + 1, reason: "a definition has no `module` line" };
  if (block.kind === "other") {
    return { line: block.line + 1, reason: "a definition begins with `let`, `val` or `type`" };
  }
  if (block.column > 0)
    return { line: block.line + 1, reason: "a definition begins at the start of its line" };
  const second = blocks[1];
  if (second !== undefined) {
    const isMore = second.kind === "declaration";
    return {
      line: second.line + 1,
      reason: isMore ? "a second definition begins here" : "this line is no part of the definition above it",
    };
  }
  const stray = source.lines.findIndex(
    (line, at) => (at < block.first || at > block.last) && line.kind !== "blank",
  );
  if (stray === -1) return null;
  const reason =
    stray < block.first
      ? "this comment is no part of the definition: begin its lines with `///`, and leave no blank line after it"
      : "this comment is no part of the definition above it: indent it, or leave it out";
  return { line: stray + 1, reason };
}

const declared = new RegExp(`(let|val|type)([ \\t]+(?:rec[ \\t]+)?)(${namePattern})`, "uy");

function readDeclaration(source: Source, block: Block): ParsedDefinition | LanguageProblem {
  const { text, lines } = source;
  const { code } = source.masked;
  const keywordAt = lines[block.line]?.start ?? 0;
  declared.lastIndex = keywordAt;
  const match = declared.exec(code);
  const written = match?.[3];
  if (match === null || written === undefined)
    return problemAt(source, keywordAt, "no name after the keyword");
  const brackets = bracketProblem(code);
  if (brackets !== null) return problemAt(source, brackets.at, brackets.reason);
  const read = readSignature(code, declared.lastIndex);
  if (read === null)
    return problemAt(source, keywordAt, "cannot read what stands between the name and its `=`");
  if (code.slice(read.end).trim() === "")
    return problemAt(source, read.end - 1, "nothing stands after the `=`");
  const name = segmentOf(written);
  // Quotes that the name does not need are not part of it: they stay in the text around it.
  const quotes = name === written ? 0 : 2;
  const nameEnd = declared.lastIndex - quotes;
  const start = lines[block.first]?.start ?? 0;
  const definition: DefinitionText = {
    kind: kindOf(match[1], read.signature.parameters.length),
    head: text.slice(start, nameEnd - name.length),
    tail: text.slice(nameEnd, lines[block.last]?.end),
  };
  return { name, text: definition, doc: docOf(source, block), signature: read.signature };
}

/** A `let` without parameters is a value, as `val` is. */
function kindOf(keyword: string | undefined, parameters: number): DefinitionKind {
  if (keyword === "type") return "type";
  return keyword === "let" && parameters > 0 ? "fn" : "value";
}

function docOf(source: Source, block: Block): string {
  return source.lines
    .slice(block.first, block.line)
    .filter((line) => isDoc(source.text, line))
    .map((line) => source.text.slice(line.start + line.indent + 3, line.end).replace(/^ /, ""))
    .join("\n");
}

function problemAt(source: Source, at: number, reason: string): LanguageProblem {
  const after = source.lines.findIndex((line) => line.start > at);
  return { line: after === -1 ? source.lines.length : Math.max(after, 1), reason };
}

/** The length of a text in UTF-8 bytes; counting stops past `limit`. */
function utf8Length(text: string, limit: number): number {
  if (text.length > limit) return text.length;
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    // A surrogate pair has four bytes in all, two for each half; a lone half is written as U+FFFD, three bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 ? 2 : isPaired(text, at) ? 2 : 3;
  }
  return bytes;
}

function isPaired(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  if (unit < 0xd800 || unit > 0xdfff) return false;
  const other = text.charCodeAt(unit < 0xdc00 ? at + 1 : at - 1);
  return unit < 0xdc00 ? other >= 0xdc00 && other <= 0xdfff : other >= 0xd800 && other <= 0xdbff;
}
