import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join, relative, resolve, sep } from "node:path";
import type { FileToImport, Skipped } from "@darksync/runtime/edit/import-files";
import { ProblemError } from "./problem-error.js";
import { decodeText } from "./text-input.js";

/** The files to import, and what was left out already. */
export interface DarkFiles {
  readonly files: readonly FileToImport[];
  readonly skipped: readonly Skipped[];
}

/** Reads the `.dark` files that paths name: files, or folders with all that is in them. */
export function readDarkFiles(paths: readonly string[]): DarkFiles {
  for (const path of paths) {
    if (statSync(path, { throwIfNoEntry: false }) !== undefined) continue;
    const problem = { code: "no-such-file", message: `there is no file or folder ${path}` };
    throw new ProblemError({ ...problem, hint: "Check the path; nothing was imported." });
  }
  const reader = new DarkFileReader();
  for (const path of paths) {
    if (statSync(path).isDirectory()) reader.readFolder(path, path);
    else reader.readFile(path, basename(resolve(path)));
  }
  return reader;
}

class DarkFileReader implements DarkFiles {
  readonly files: FileToImport[] = [];
  readonly skipped: Skipped[] = [];
  readonly #sources = new Map<string, string>();

  /** Reads a folder within the folder `root` that was named. */
  readFolder(folder: string, root: string): void {
    const entries = this.#tried(relativePath(root, folder) || ".", () =>
      readdirSync(folder, { withFileTypes: true }),
    );
    const byName = [...(entries ?? [])].sort((left, right) => (left.name < right.name ? -1 : 1));
    for (const entry of byName) {
      // Hidden ones belong to other programs, and to this one.
      if (entry.name.startsWith(".")) continue;
      const path = join(folder, entry.name);
      if (entry.isDirectory()) this.readFolder(path, root);
      else if (entry.name.endsWith(".dark")) this.readFile(path, relativePath(root, path));
    }
  }

  /** Reads a file whose layout is kept under `path`. */
  readFile(file: string, path: string): void {
    const reason = refusalOf(path) ?? this.#namesake(file, path);
    if (reason !== null) {
      this.#skip(path, reason);
      return;
    }
    const bytes = this.#tried(path, () => readFileSync(file));
    if (bytes === null) return;
    const text = decodeText(bytes);
    if (text.ok) this.files.push({ path, text: text.value });
    else this.#skip(path, text.problem.message);
  }

  #namesake(file: string, path: string): string | null {
    const other = this.#sources.get(path);
    if (other === resolve(file)) return "it was named twice";
    if (other !== undefined) return "another file of this import has the same path; import them one by one";
    this.#sources.set(path, resolve(file));
    return null;
  }

  #tried<Value>(path: string, read: () => Value): Value | null {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof Error && "syscall" in error)) throw error;
      this.#skip(path, `it cannot be read (${"code" in error ? error.code : error.message})`);
      return null;
    }
  }

  #skip(file: string, reason: string): void {
    this.skipped.push({ file, line: 1, reason });
  }
}

function refusalOf(path: string): string | null {
  if (!path.endsWith(".dark")) return "it is no .dark file";
  const parts = path.split("/");
  if (parts.some((part) => part.startsWith("."))) return "a part of its path begins with a dot";
  return parts.some((part) => part.includes("_")) ? "a part of its path has an underscore" : null;
}

function relativePath(root: string, path: string): string {
  return relative(root, path).split(sep).join("/");
}
