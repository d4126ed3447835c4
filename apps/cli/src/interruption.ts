/** What a shell takes for "ended by Ctrl-C". */
export const interruptedCode = 130;

/**
 * Does work that takes long. Whoever presses Ctrl-C meanwhile is told what became of it (`words`), in place of how far
 * it is (`progress`), and the command ends with 130: what follows it in a script must not believe that it was done.
 */
export async function interruptible<Value>(
  progress: { end(): void },
  words: () => string,
  work: () => Promise<Value>,
): Promise<Value> {
  const stop = () => process.exit(interruptedCode);
  // A progress bar reads the keyboard, and at Ctrl-C ends the process as if all had gone well.
  const tell = (code: number) => {
    if (code !== 0 && code !== interruptedCode) return;
    process.exitCode = interruptedCode;
    progress.end();
    process.stderr.write(`${words()}\n`);
  };
  process.prependListener("SIGINT", stop);
  process.once("exit", tell);
  try {
    return await work();
  } finally {
    process.off("SIGINT", stop);
    process.off("exit", tell);
    progress.end();
  }
}
