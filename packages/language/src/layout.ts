import type { Skeleton, SkeletonPiece } from "@darksync/core/language";
import { type Location, moduleOf } from "@darksync/core/location";
import { blocksOf } from "./blocks.js";
import { afterMark, linesOf } from "./lines.js";
import { mask } from "./mask.js";
import { ModuleStack } from "./module-stack.js";

/** The module that heads a layout: its `module A.B` line, else the module of its first definition, or null. */
export function moduleOfFile(skeleton: Skeleton): string | null {
  const modules = new ModuleStack();
  for (const piece of skeleton) {
    if (typeof piece !== "string") return modules.header() ?? moduleOf(piece.location);
    walk(modules, piece);
  }
  return modules.header() ?? modules.innermost();
}

/** A layout for a new file that holds these locations, all of one module. */
export function newFile(module: string, locations: readonly Location[]): Skeleton {
  return addSlots([`module ${module}\n`], locations);
}

/** The layout with slots for these locations at its end, each in its module; throws if the file can't hold one. */
export function addSlots(skeleton: Skeleton, locations: readonly Location[]): Skeleton {
  const modules = new ModuleStack();
  for (const piece of skeleton) {
    if (typeof piece === "string") walk(modules, piece);
    else modules.at(piece.column);
  }
  const lineBreak = skeleton.some((piece) => typeof piece === "string" && piece.includes("\r\n"))
    ? "\r\n"
    : "\n";
  const pieces = [...skeleton];
  for (const location of locations) {
    const module = moduleOf(location);
    addText(pieces, gapAfter(pieces.at(-1), lineBreak));
    if (modules.columnOf(module) === null) {
      const line = nestedModuleLine(modules.header(), module);
      walk(modules, line);
      addText(pieces, line + lineBreak);
    }
    const column = modules.columnOf(module) ?? 0;
    modules.at(column);
    pieces.push({ location, column });
  }
  if (locations.length > 0) pieces.push(lineBreak);
  return pieces;
}

/** Literal text between definitions begins and ends outside strings and comments, so it can be read by itself. */
function walk(modules: ModuleStack, text: string): void {
  const masked = mask(text);
  const lines = linesOf(text, masked, afterMark(text));
  for (const block of blocksOf(text, masked.code, lines)) {
    const line = lines[block.line];
    if (block.kind === "module" && line !== undefined) modules.enter(masked.code, line, block);
    else if (block.kind === "declaration") modules.at(block.column);
    else modules.pass(block.column);
  }
}

function nestedModuleLine(header: string | null, module: string): string {
  if (header === null) return `module ${module} =`;
  if (module.startsWith(`${header}.`)) return `module ${module.slice(header.length + 1)} =`;
  throw new Error(`a file of module ${header} cannot hold a definition of module ${module}`);
}

/** What makes one blank line after a piece. */
function gapAfter(piece: SkeletonPiece | undefined, lineBreak: string): string {
  if (piece === undefined || piece === "" || piece === "\uFEFF") return "";
  if (typeof piece !== "string" || !piece.endsWith("\n")) return lineBreak + lineBreak;
  return /\n\r?\n$/.test(piece) ? "" : lineBreak;
}

function addText(pieces: SkeletonPiece[], text: string): void {
  const last = pieces.at(-1);
  if (typeof last === "string") pieces[pieces.length - 1] = last + text;
  else if (text !== "") pieces.push(text);
}
