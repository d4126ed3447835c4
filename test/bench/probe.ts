// Loaded before a server that is measured (`node --expose-gc --import probe.ts SERVER`): tells over IPC what the process
// takes, without the server knowing of it.

/** What a server process takes. */
export interface Usage {
  /** Bytes of live JavaScript objects and buffers after a garbage collection. */
  readonly liveBytes: number;
  /** Resident set, in bytes: what native code and caches hold is in it, and what the collector has not given back. */
  readonly residentBytes: number;
  /** Processor time since the start, all threads, in ms. */
  readonly processorMs: number;
}

function collectGarbage(): void {
  const collect = (globalThis as { gc?: () => void }).gc;
  // What a collection finalizes can be freed by the next one only.
  for (let round = 0; round < 3; round += 1) collect?.();
}

process.on("message", (question: { readonly collect: boolean }) => {
  // First, so that it counts before what is measured.
  if (question.collect) collectGarbage();
  const { user, system } = process.cpuUsage();
  const { heapUsed, external, rss } = process.memoryUsage();
  const usage: Usage = {
    liveBytes: heapUsed + external,
    residentBytes: rss,
    processorMs: (user + system) / 1000,
  };
  process.send?.(usage);
});
// A bench that is stopped takes its servers along.
process.on("disconnect", () => process.exit());
// A server ends when it has nothing to do; being asked is nothing to do.
process.channel?.unref();
