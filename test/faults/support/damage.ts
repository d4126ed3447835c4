import Database from "better-sqlite3";
import type { Files } from "./files.js";

const pageBytes = 4096;

/** One bit of one file. */
export interface Flip {
  readonly path: string;
  readonly offset: number;
  readonly bit: number;
}

/** In words, for a failure. */
export function describeFlip({ path, offset, bit }: Flip): string {
  const page = Math.floor(offset / pageBytes) + 1;
  return `bit ${bit} of byte ${offset} of ${path} (page ${page}, byte ${offset % pageBytes})`;
}

/**
 * Bits all over a file: in each page of a database those of its header, where all else is found from, and as many
 * elsewhere by chance; in other files any, at the same distances.
 */
export function flipsIn(files: Files, path: string, perPage: number, chance: () => number): readonly Flip[] {
  const length = files.get(path)?.length ?? 0;
  const flips: Flip[] = [];
  for (let start = 0; start < length; start += pageBytes) {
    const size = Math.min(pageBytes, length - start);
    for (const offset of [0, 1, 3, 5, 7, 11, 12]) if (offset < size) flips.push(flipAt(start + offset));
    for (let count = 0; count < perPage; count += 1) flips.push(flipAt(start + Math.floor(chance() * size)));
  }
  return flips;

  function flipAt(offset: number): Flip {
    return { path, offset, bit: Math.floor(chance() * 8) };
  }
}

/** The files with that bit turned over. */
export function flipped(files: Files, { path, offset, bit }: Flip): Files {
  const bytes = Buffer.from(files.get(path) ?? Buffer.alloc(0));
  bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
  return new Map([...files, [path, bytes]]);
}

/** All that the tables of a database hold, as a text for each, and its schema under an empty name. */
export function rowsOf(path: string): Readonly<Record<string, string>> {
  const database = new Database(path, { fileMustExist: true });
  try {
    const schema = database
      .prepare("select type, name, tbl_name, sql from sqlite_schema order by name")
      .all();
    const tables = schema as { type: string; name: string }[];
    const rows: Record<string, string> = { "": JSON.stringify(schema) };
    for (const { type, name } of tables) {
      if (type !== "table") continue;
      const columns = database.prepare(`select * from "${name}" limit 0`).columns();
      const order = columns.map((_, index) => index + 1).join(", ");
      const all = database.prepare(`select * from "${name}" not indexed order by ${order}`).raw().all();
      rows[name] = JSON.stringify(all);
    }
    return rows;
  } finally {
    database.close();
  }
}
