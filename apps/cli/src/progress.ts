import { interruptedCode } from "./interruption.js";

const quietMs = 1000;

/** Tells how far something is. */
export interface Progress {
  advance(done: number): Promise<void>;
  end(): void;
}

/** A progress bar on stderr for what lasts longer than a second; nothing where that is no terminal. */
export function startProgress(what: string, total: number, isQuiet: boolean): Progress {
  if (isQuiet || !process.stderr.isTTY) return { advance: async () => {}, end: () => {} };
  const startMs = Date.now();
  let bar: { advance(step?: number, message?: string): void; clear(): void } | null = null;
  let shown = 0;
  return {
    advance: async (done) => {
      if (bar === null && Date.now() - startMs > quietMs) {
        const { progress } = await import("@clack/prompts");
        const onCancel = () => process.exit(interruptedCode);
        const started = progress({ max: total, output: process.stderr, withGuide: false, onCancel });
        started.start(what);
        process.once("exit", noteInterruption);
        bar = started;
      }
      if (bar === null) return;
      bar.advance(done - shown, `${what} ${done} of ${total}`);
      shown = done;
      // The work holds the thread: this is when the bar is drawn.
      await new Promise((resolve) => setTimeout(resolve, 0));
    },
    end: () => {
      process.off("exit", noteInterruption);
      bar?.clear();
    },
  };
}

// While it draws, the library reads the keyboard, and Ctrl-C ends the process as if all had gone well.
function noteInterruption(): void {
  process.exitCode = interruptedCode;
}
