import { type Block, readModuleLine } from "./blocks.js";
import type { Line } from "./lines.js";
import { segmentsOfPath } from "./name.js";

/** A module whose body goes on; `path` is null where its line was not understood. */
interface OpenModule {
  readonly path: string | null;
  /** The column of its line; -1 for the one that heads the file. */
  readonly column: number;
  /** The column of what its body held last. */
  body: number;
}

/** The modules that are open at a place in a file, from the outside in. */
export class ModuleStack {
  #open: OpenModule[] = [];
  #isFresh = true;

  /** The path of the module that a block at this column is in, or null; modules that it ends are closed. */
  at(column: number): string | null {
    this.#isFresh = false;
    return this.#inside(column)?.path ?? null;
  }

  /** Passes a block that is neither module nor declaration: it ends modules too. */
  pass(column: number): void {
    this.#inside(column);
  }

  /** Opens the module of a `module` line, or says what is wrong with the line. */
  enter(code: string, line: Line, block: Block): string | null {
    const read = readModuleLine(code, line);
    const isFresh = this.#isFresh;
    this.#isFresh = false;
    if (read !== null && !read.opensBody) return this.#head(read.path, block.column, isFresh);
    const outer = this.#inside(block.column);
    const inner = read === null ? null : segmentsOfPath(read.path).join(".");
    const path = outer === undefined ? inner : outer.path && inner && `${outer.path}.${inner}`;
    this.#push(path, block.column);
    return read === null ? "cannot read this line: expected `module A.B` or `module X =`" : null;
  }

  /** The column at which a block continues the body of the module of this path; null if it is not open. */
  columnOf(path: string): number | null {
    return this.#open.find((module) => module.path === path)?.body ?? null;
  }

  /** The path of the module that heads the file, or null. */
  header(): string | null {
    const outermost = this.#open[0];
    return outermost?.column === -1 ? outermost.path : null;
  }

  /** The path of the innermost open module, or null. */
  innermost(): string | null {
    return this.#open.at(-1)?.path ?? null;
  }

  #head(path: string, column: number, isFresh: boolean): string | null {
    const isHead = isFresh && column === 0;
    // After a second head nobody can say what module a definition is in; better none than a wrong one.
    if (column === 0) this.#open = [];
    else this.#inside(column);
    this.#push(isHead ? segmentsOfPath(path).join(".") : null, column === 0 ? -1 : column);
    return isHead ? null : "`module A.B` can only head a file; further down, a module is `module X =`";
  }

  #inside(column: number): OpenModule | undefined {
    while ((this.#open.at(-1)?.column ?? -1) >= column) this.#open.pop();
    const inner = this.#open.at(-1);
    if (inner !== undefined) inner.body = column;
    return inner;
  }

  #push(path: string | null, column: number): void {
    this.#open.push({ path, column, body: column === -1 ? 0 : column + 2 });
  }
}
