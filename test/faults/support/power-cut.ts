import type { Files } from "./files.js";
import { isRelayLog, type Moment } from "./recording.js";

const walHeaderBytes = 32;
const frameHeaderBytes = 24;
const pageBytes = 4096;
const sectorBytes = 512;

/** What a power cut in the middle of a write may leave, with a word on where it cut. */
export interface Torn {
  readonly where: string;
  readonly moment: Moment;
}

/**
 * What is on the disk when the power goes while `after` comes to be out of `before`: of each database's write-ahead
 * log the new frames up to each, the first half of each, and by chance any of their sectors; of a checkpoint any of
 * the pages. What was there before is durable: SQLite waited for the disk.
 */
export function tornBetween(before: Moment, after: Moment, chance: () => number): readonly Torn[] {
  const torn: Torn[] = [];
  for (const path of new Set([...before.files.keys(), ...after.files.keys()])) {
    const [was, is] = [before.files.get(path), after.files.get(path)];
    if (was === is || is === undefined) continue;
    if (path.endsWith(".db-wal")) torn.push(...tornLogs(path, before, after, was, is, chance));
    if (path.endsWith(".db") && was !== undefined)
      torn.push(...tornCheckpoints(path, before, after, was, is, chance));
  }
  return torn;
}

function tornLogs(
  path: string,
  before: Moment,
  after: Moment,
  was: Buffer | undefined,
  is: Buffer,
  chance: () => number,
): readonly Torn[] {
  const old = was ?? Buffer.alloc(0);
  const units = changedUnits(old, is);
  const within = (where: string, bytes: Buffer): Torn => ({
    where: `${path}: ${where}`,
    moment: { ...after, files: new Map([...before.files, [path, bytes]]) },
  });
  const torn: Torn[] = [];
  let reached: Buffer = old;
  for (const [index, { start, end }] of units.entries()) {
    const half = start + Math.floor((end - start) / 2);
    torn.push(within(`half of frame ${index + 1} of ${units.length}`, laidOver(reached, is, start, half)));
    reached = laidOver(reached, is, start, end);
    if (index < units.length - 1) torn.push(within(`${index + 1} of ${units.length} frames`, reached));
  }
  let scattered: Buffer = old;
  for (const { start, end } of units) {
    for (let at = start; at < end; at += sectorBytes)
      if (chance() < 0.5) scattered = laidOver(scattered, is, at, Math.min(at + sectorBytes, end));
  }
  return [...torn, within("some sectors", scattered)];
}

function changedUnits(was: Buffer, is: Buffer): readonly { readonly start: number; readonly end: number }[] {
  const units: { start: number; end: number }[] = [];
  let start = 0;
  let end = walHeaderBytes;
  while (start < is.length) {
    const stop = Math.min(end, is.length);
    if (was.length < stop || !was.subarray(start, stop).equals(is.subarray(start, stop)))
      units.push({ start, end: stop });
    start = end;
    end += frameHeaderBytes + pageBytes;
  }
  return units;
}

/** The first file with a part of the second one in its place. */
function laidOver(under: Buffer, over: Buffer, start: number, end: number): Buffer {
  const laid = Buffer.alloc(Math.max(under.length, end));
  under.copy(laid);
  over.copy(laid, start, start, end);
  return laid;
}

/** While pages are copied into the database the log that has them all is there. */
function tornCheckpoints(
  path: string,
  before: Moment,
  after: Moment,
  was: Buffer,
  is: Buffer,
  chance: () => number,
): readonly Torn[] {
  const log = `${path}-wal`;
  const full = after.files.get(log) ?? before.files.get(log);
  if (full === undefined || full.length === 0) return [];
  let mixed = was;
  for (let at = 0; at < is.length; at += sectorBytes)
    if (chance() < 0.5) mixed = laidOver(mixed, is, at, Math.min(at + sectorBytes, is.length));
  const files: Files = new Map([...before.files, [path, mixed], [log, full]]);
  return [{ where: `${path}: some pages of a checkpoint`, moment: { ...after, files } }];
}

/** Files that nobody waited for, empty, or cut short by chance. */
export function withoutUnflushed(moment: Moment, chance: () => number): readonly Torn[] {
  const lost = [...moment.unflushed].filter((path) => (moment.files.get(path)?.length ?? 0) > 0);
  if (lost.length === 0) return [];
  const cut = (part: () => number): Files =>
    new Map(
      [...moment.files].map(([path, bytes]) =>
        moment.unflushed.has(path)
          ? [path, bytes.subarray(0, Math.floor(bytes.length * part()))]
          : [path, bytes],
      ),
    );
  return [
    { where: `empty: ${lost.join(", ")}`, moment: { ...moment, files: cut(() => 0) } },
    { where: `cut short: ${lost.join(", ")}`, moment: { ...moment, files: cut(chance) } },
  ];
}

/** What the relay committed and did not flush, gone; or by chance some of it. */
export function withoutUnflushedCommits(moment: Moment, chance: () => number): readonly Torn[] {
  const path = [...moment.files.keys()].find((name) => isRelayLog(name));
  const is = path === undefined ? undefined : moment.files.get(path);
  if (path === undefined || is === undefined) return [];
  const was = moment.flushedLog ?? Buffer.alloc(0);
  const units = changedUnits(was, is);
  if (units.length === 0) return [];
  let some: Buffer = was;
  for (const { start, end } of units) if (chance() < 0.5) some = laidOver(some, is, start, end);
  return [
    {
      where: `${path}: ${units.length} frames gone`,
      moment: { ...moment, files: new Map([...moment.files, [path, was]]) },
    },
    {
      where: `${path}: some of ${units.length} frames gone`,
      moment: { ...moment, files: new Map([...moment.files, [path, some]]) },
    },
  ];
}
