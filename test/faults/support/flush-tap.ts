import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

// Import this before all else: who takes these functions when it is loaded must get the watched ones.
const paths = new Map<number, string>();
const flushed = new Map<string, Buffer>();

/** What each file held that was flushed beside the event loop, when that began: so much a power cut leaves. */
export function flushedFiles(): ReadonlyMap<string, Buffer> {
  return flushed;
}

type Callback = (error: Error | null, file?: number) => void;
type AnyFunction = (...args: unknown[]) => unknown;

const methods = fs as unknown as Record<"open" | "fdatasync", AnyFunction>;
const { open, fdatasync } = methods;

methods.open = (...args) => {
  const done = args.pop() as Callback;
  return open(...args, (error: Error | null, file: number) => {
    if (error === null) paths.set(file, String(args[0]));
    done(error, file);
  });
};

methods.fdatasync = (...args) => {
  const [file, done] = args as [number, Callback];
  const path = paths.get(file);
  const held = path === undefined || !fs.existsSync(path) ? null : fs.readFileSync(path);
  return fdatasync(file, (error: Error | null) => {
    if (error === null && path !== undefined && held !== null) flushed.set(path, held);
    done(error);
  });
};

syncBuiltinESMExports();
