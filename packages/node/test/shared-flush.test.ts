import fc from "fast-check";
import { expect, test } from "vitest";
import { SharedFlush } from "../src/sqlite/shared-flush.js";

test("R80: whoever waits for a flush is told only when all that was written before he asked is in one", async () => {
  const step = fc.constantFrom("write" as const, "ask" as const, "flushed" as const, "turn" as const);
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      let written = 0;
      let kept = 0;
      const under: (() => void)[] = [];
      const flush = new SharedFlush(() => {
        const covered = written;
        return new Promise((resolve) =>
          under.push(() => {
            kept = covered;
            resolve();
          }),
        );
      });
      const asked: Promise<void>[] = [];
      const ask = () => {
        const before = written;
        asked.push(flush.durable().then(() => expect(kept).toBeGreaterThanOrEqual(before)));
      };
      for (const one of steps) {
        if (one === "write") {
          written += 1;
          flush.written();
        } else if (one === "ask") ask();
        else if (one === "flushed") under.shift()?.();
        else await Promise.resolve();
        expect(under.length).toBeLessThanOrEqual(1);
      }
      ask();
      while (flush.pending !== null) {
        under.shift()?.();
        await Promise.resolve();
      }
      await Promise.all(asked);
    }),
  );
});
