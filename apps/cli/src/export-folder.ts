import { createHash } from "node:crypto";
import {
  lstatSync,
  readdirSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, sep } from "node:path";
import { makeFolder } from "@darksync/node/make-folder";
import { replaceFile } from "@darksync/node/replace-file";
import type { ExportedFile } from "@darksync/runtime/read/export-files";
import { ProblemError } from "./problem-error.js";

/** What an export came to. */
export interface Exported {
  readonly written: number;
  /** How many of them stood there with other contents. */
  readonly changed: number;
  /** Files of an earlier export that are no part of this one. */
  readonly left: readonly string[];
  readonly failed: readonly { readonly file: string; readonly reason: string }[];
}

/** Hashes of the files that were exported to a folder, by path. */
type Note = Readonly<Record<string, string>>;

/** A folder that is exported to. The space remembers what it wrote there, so that nobody's own files are touched. */
export class ExportFolder {
  readonly #folder: string;
  readonly #notePath: string;
  readonly #earlier: Note;

  /** `spaceDir`: where the space keeps its own files. */
  constructor(folder: string, spaceDir: string) {
    if (lstatSync(folder, { throwIfNoEntry: false })?.isFile()) {
      const problem = { code: "not-a-folder", message: `${folder} is a file` };
      throw new ProblemError({ ...problem, hint: "Name a folder." });
    }
    makeFolder(folder);
    this.#folder = realpathSync(folder);
    this.#notePath = join(spaceDir, "exports", `${hashOf(this.#folder).slice(0, 16)}.json`);
    this.#earlier = readNote(this.#notePath);
  }

  /** Files in the folder that this export would have to touch or would stand among, and that it did not write. */
  inTheWay(files: readonly ExportedFile[]): readonly string[] {
    const texts = new Map(files.map(({ path, text }) => [path, text]));
    const wasExported = Object.keys(this.#earlier).length > 0;
    return this.#filesThere().filter((path) => {
      const text = texts.get(path);
      const found = text === undefined && wasExported ? null : this.#contentHash(path);
      if (text === undefined) return !wasExported;
      return found !== hashOf(text) && found !== this.#earlier[path];
    });
  }

  /** Writes the files; one that cannot be written keeps no other from it. */
  write(files: readonly ExportedFile[]): Exported {
    const failed: { file: string; reason: string }[] = [];
    const note: Record<string, string> = {};
    let changed = 0;
    for (const { path, text } of files) {
      try {
        if (this.#writeFile(path, text) === "changed") changed += 1;
        note[path] = hashOf(text);
      } catch (error) {
        if (!(error instanceof Error && "syscall" in error) && !(error instanceof OutsideError)) throw error;
        failed.push({ file: path, reason: error.message });
      }
    }
    const left = Object.keys(this.#earlier).filter((path) => note[path] === undefined && this.#isThere(path));
    for (const path of left) note[path] = this.#earlier[path] ?? "";
    this.#remember(note);
    return { written: files.length - failed.length, changed, left, failed };
  }

  #writeFile(path: string, text: string): "changed" | "new" | "same" {
    const target = join(this.#folder, path);
    const parent = dirname(target);
    makeFolder(parent);
    // A link in the folder must not lead out of it.
    const real = realpathSync(parent);
    if (real !== this.#folder && !real.startsWith(this.#folder + sep)) throw new OutsideError();
    const found = this.#contentHash(path);
    if (found === hashOf(text)) return "same";
    // Put in place whole, and in place of a link, not through it.
    const unfinished = `${target}.${process.pid}.new`;
    try {
      writeFileSync(unfinished, text, { flag: "wx" });
      renameSync(unfinished, target);
    } finally {
      rmSync(unfinished, { force: true });
    }
    return found === null ? "new" : "changed";
  }

  #filesThere(): readonly string[] {
    return readdirSync(this.#folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) =>
        join(entry.parentPath, entry.name)
          .slice(this.#folder.length + 1)
          .split(sep)
          .join("/"),
      )
      .sort();
  }

  #isThere(path: string): boolean {
    return lstatSync(join(this.#folder, path), { throwIfNoEntry: false }) !== undefined;
  }

  #contentHash(path: string): string | null {
    const target = join(this.#folder, path);
    const stat = lstatSync(target, { throwIfNoEntry: false });
    return stat?.isFile() ? hashOf(readFileSync(target)) : null;
  }

  // The export is done without it; a full disk must not keep it from another disk.
  #remember(note: Note): void {
    try {
      makeFolder(dirname(this.#notePath));
      replaceFile(this.#notePath, JSON.stringify(note), { mode: 0o644, isFlushed: false });
    } catch (error) {
      if (!(error instanceof Error && "syscall" in error)) throw error;
    }
  }
}

class OutsideError extends Error {
  constructor() {
    super("a link leads out of the folder");
  }
}

function hashOf(content: string | Uint8Array): string {
  return createHash("sha256").update(content).digest("hex");
}

function readNote(path: string): Note {
  try {
    return JSON.parse(readFileSync(path, "utf8")) as Note;
  } catch (error) {
    // None, or cut short: as if nothing had been exported there.
    if (error instanceof SyntaxError || (error instanceof Error && "syscall" in error)) return {};
    throw error;
  }
}
