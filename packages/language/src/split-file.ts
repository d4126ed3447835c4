import { renderDefinition } from "@darksync/core/definition";
import type {
  FoundDefinition,
  LanguageProblem,
  ParsedDefinition,
  SkeletonPiece,
  SplitFile,
} from "@darksync/core/language";
import { type Location, splitLocation } from "@darksync/core/location";
import { type Block, blocksOf } from "./blocks.js";
import { dedent, indent } from "./indentation.js";
import { afterMark, type Line, linesOf } from "./lines.js";
import { mask } from "./mask.js";
import { ModuleStack } from "./module-stack.js";
import { isProblem, parseDefinition } from "./parse-definition.js";

/** Splits a file into definitions and the skeleton between them. What it does not understand stays literal. */
export function splitFile(text: string): SplitFile {
  const masked = mask(text);
  const lines = linesOf(text, masked, afterMark(text));
  const modules = new ModuleStack();
  const split = new Split(text);
  for (const block of blocksOf(text, masked.code, lines)) {
    const line = lines[block.line];
    if (line === undefined) continue;
    if (block.kind === "module") {
      const reason = modules.enter(masked.code, line, block);
      if (reason !== null) split.problem(block, reason);
    } else if (block.kind === "other") {
      modules.pass(block.column);
      split.problem(block, "expected `let`, `val`, `type` or `module`");
    } else {
      split.declaration(block, lines, modules.at(block.column));
    }
  }
  split.finish();
  if (masked.unclosed !== null) split.unclosed(lines, masked.unclosed.at, masked.unclosed.what);
  const { skeleton, definitions, problems } = split;
  return { skeleton, definitions, problems };
}

/** A split in the making. */
class Split {
  readonly skeleton: SkeletonPiece[] = [];
  readonly definitions: FoundDefinition[] = [];
  readonly problems: LanguageProblem[] = [];
  readonly #text: string;
  readonly #taken: Set<Location> = new Set();
  #copied = 0;

  constructor(text: string) {
    this.#text = text;
  }

  problem(block: Block, reason: string): void {
    this.problems.push({ line: block.line + 1, reason });
  }

  /** Takes a declaration out of the text and leaves a slot in its place, if it is understood. */
  declaration(block: Block, lines: readonly Line[], module: string | null): void {
    const start = lines[block.first]?.start ?? 0;
    const end = lines[block.last]?.end ?? this.#text.length;
    const written = this.#text.slice(start, end);
    const parsed = parseAtColumn(written, block.column);
    if (isProblem(parsed)) {
      this.problems.push({ line: parsed.line + block.first, reason: parsed.reason });
      return;
    }
    const location = module === null ? null : locationIn(module, parsed);
    const reason = this.#refusal(location, parsed, written, block.column);
    if (reason !== null || location === null) {
      this.problem(block, reason ?? "no module heads this definition");
      return;
    }
    this.#taken.add(location);
    this.definitions.push({ ...parsed, location, line: block.line + 1 });
    if (start > this.#copied) this.skeleton.push(this.#text.slice(this.#copied, start));
    this.skeleton.push({ location, column: block.column });
    this.#copied = end;
  }

  finish(): void {
    if (this.#copied < this.#text.length) this.skeleton.push(this.#text.slice(this.#copied));
  }

  /** Something open to the end of the file that no block reported: a comment between or behind them. */
  unclosed(lines: readonly Line[], at: number, what: string): void {
    const line = lines.filter((candidate) => candidate.start <= at).length;
    if (this.problems.some((problem) => problem.line === line)) return;
    this.problems.push({ line, reason: `the ${what} that starts here is never closed` });
  }

  #refusal(
    location: Location | null,
    parsed: ParsedDefinition,
    written: string,
    column: number,
  ): string | null {
    if (location === null) return null;
    if (splitLocation(location) === null) return `\`${location.slice(0, 80)}\` is no location`;
    if (this.#taken.has(location)) return `\`${location}\` is defined twice in this file`;
    // By the rules it always is the same; but what would not go back in byte for byte must never be taken out.
    const rendered = indent(renderDefinition(parsed.text, parsed.name), column);
    return rendered === written ? null : "this definition cannot be moved to column 0 and back";
  }
}

function parseAtColumn(written: string, column: number): ParsedDefinition | LanguageProblem {
  const text = dedent(written, column);
  if (text !== null) return parseDefinition(text);
  const lines = linesOf(written, mask(written), 0);
  const short = lines.findIndex(
    (line) => line.kind !== "inside" && line.kind !== "blank" && line.spaces < column,
  );
  return { line: short + 1, reason: `this line of a definition is not indented by ${column} spaces` };
}

function locationIn(module: string, parsed: ParsedDefinition): Location {
  return `${module}.${parsed.name}`;
}
