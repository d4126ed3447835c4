import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** The files below a folder as the operating system has them: what is left when all processes are killed. */
export type Files = ReadonlyMap<string, Buffer>;

// Most files are the same in most states.
const contents = new Map<string, Buffer>();

interface Content {
  readonly hash: string;
  readonly bytes: Buffer;
}

function readFile(path: string): Content {
  const bytes = readFileSync(path);
  const hash = createHash("sha1").update(bytes).digest("hex");
  if (!contents.has(hash)) contents.set(hash, bytes);
  return { hash, bytes: contents.get(hash) ?? bytes };
}

// What is not overwritten in its place is read again only when it was replaced or has grown.
const read = new Map<string, Content>();

function readOnce(path: string): Content {
  const { ino, size, mtimeMs } = statSync(path);
  const key = `${path} ${ino} ${size} ${mtimeMs}`;
  const content = read.get(key) ?? readFile(path);
  read.set(key, content);
  return content;
}

const isDatabase = (path: string) => /\.(?:db|db-wal|db-journal|lock)$/.test(path);

/** Reads the files below a folder, and a text that is the same for equal files. */
export function readFiles(root: string): { readonly files: Files; readonly print: string } {
  const files = new Map<string, Buffer>();
  const print = createHash("sha1");
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name).slice(root.length + 1);
    if (entry.isDirectory()) print.update(`${path}/\n`);
    // The index of a write-ahead log is made anew by whoever opens the database first.
    if (!entry.isFile() || path.endsWith("-shm")) continue;
    const { hash, bytes } = isDatabase(path) ? readFile(join(root, path)) : readOnce(join(root, path));
    print.update(`${path} ${hash}\n`);
    files.set(path, bytes);
  }
  return { files, print: print.digest("hex") };
}

/** Puts files into a folder, which is made empty before. */
export function writeFiles(root: string, files: Files): void {
  rmSync(root, { recursive: true, force: true });
  mkdirSync(root, { recursive: true });
  for (const [path, bytes] of files) {
    mkdirSync(dirname(join(root, path)), { recursive: true, mode: 0o700 });
    writeFileSync(join(root, path), bytes, { mode: 0o600 });
  }
}

/** A new folder, in memory where the system has such a place: these tests make and read thousands of files. */
export function newRoot(): string {
  const shared = "/dev/shm";
  try {
    return mkdtempSync(join(shared, "darksync-faults-"));
  } catch {
    return mkdtempSync(join(tmpdir(), "darksync-faults-"));
  }
}
