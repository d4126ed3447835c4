import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { SealingLimits } from "@darksync/runtime/relay/sealer";
import { type Files, newRoot, readFiles } from "./files.js";
import { flushedFiles } from "./flush-tap.js";
import { serve } from "./in-process.js";
import { script } from "./script.js";
import { changeIds, readSpace } from "./space-reads.js";
import { tapWrites } from "./write-tap.js";

/** The files at one moment of the session. */
export interface Moment {
  readonly files: Files;
  /** The index of the step that was under way. */
  readonly step: number;
  /** What had just been written. */
  readonly what: string;
  /** Files of these that a power cut may undo or cut short, since nobody waited for the disk. */
  readonly unflushed: ReadonlySet<string>;
  /** What the relay's write-ahead log held when it was flushed last; null: it never was. */
  readonly flushedLog: Buffer | null;
}

/** A session that was played once. */
export interface Recording {
  /** Where it was played; the folder is gone. */
  readonly root: string;
  readonly port: number;
  /** How many writes there were, of statements, commits and files. */
  readonly writes: number;
  /** Those after which the files differ from all before: others leave nothing new on the disk. */
  readonly moments: readonly Moment[];
  /** When the relay seals; undefined: as any relay. */
  readonly limits: SealingLimits | undefined;
  /** How many segments the relay sealed. */
  readonly segments: number;
  /** After each step, the changes that each member has. */
  readonly held: readonly Readonly<Record<string, readonly string[]>>[];
}

export const members = ["ada", "bob"] as const;

/** Plays the session, and notes the files after each write. `limits`: when the relay seals; each step waits for that. */
export async function record(steps = script, limits?: SealingLimits): Promise<Recording> {
  const root = newRoot();
  const aside = newRoot();
  mkdirSync(join(root, "relay"));
  const relay = await serve(join(root, "relay"), 0, limits);
  const moments: Moment[] = [];
  const held: Record<string, readonly string[]>[] = [];
  const known = new Set<string>();
  let writes = 0;
  let step = 0;
  const stop = tapWrites(({ what, unflushed }) => {
    writes += 1;
    const { files, print } = readFiles(root);
    const key = `${step} ${print}`;
    if (known.has(key)) return;
    known.add(key);
    const within = [...unflushed].filter((path) => path.startsWith(root));
    const paths = within.map((path) => path.slice(root.length + 1));
    const flushedLog = flushedLogIn(files, root);
    moments.push({ files, step, what, unflushed: new Set(paths), flushedLog });
  });
  try {
    for (const { name, run } of steps) {
      await run({ root, aside, url: relay.url }).catch((error: unknown) => {
        throw new Error(`step ${step} (${name})`, { cause: error });
      });
      await relay.relay.sealed();
      held.push(
        Object.fromEntries(members.map((member) => [member, readSpace(join(root, member), changeIds) ?? []])),
      );
      step += 1;
    }
  } finally {
    stop();
    await relay.close();
    for (const folder of [root, aside]) rmSync(folder, { recursive: true, force: true });
  }
  return {
    root,
    port: relay.port,
    writes,
    moments,
    held,
    limits,
    segments: relay.relay.counts.segmentsSealed,
  };
}

/** The relay does not wait for the disk when it commits, but before it says that something is durable (L5). */
function flushedLogIn(files: Files, root: string): Buffer | null {
  const path = [...files.keys()].find((name) => isRelayLog(name));
  return (path === undefined ? undefined : flushedFiles().get(join(root, path))) ?? null;
}

/** Whether a file is the write-ahead log of a space on the relay. */
export function isRelayLog(path: string): boolean {
  return path.startsWith("relay/") && path.endsWith(".db-wal");
}
