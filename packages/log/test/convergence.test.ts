import fc from "fast-check";
import { expect, test } from "vitest";
import * as Y from "yjs";
import { admitRuns } from "../src/admission.js";
import { clientIdOf } from "../src/client-id.js";
import { firstHead } from "../src/head.js";
import { decodeStateVector, encodeStateVector, vectorOfClocks } from "../src/state-vector.js";
import { encodeAppends, type KnownStream, type ParsedUpdate, parseAppends, type Run } from "../src/update.js";
import { compression, countingVerify, sha256 } from "./support/ports.js";
import { Author, Holder, log } from "./support/streams.js";

const authors = [1, 2, 3].map(() => new Author());
const sizes = [6, 3, 1];
authors.forEach((author, index) => {
  author.write(sizes[index] ?? 0);
});
const whole: readonly Run[] = authors.map((author) => author.run());
const ports = { hash: sha256, verify: countingVerify().verify, compression };

/** A receiver with a stock document of what it admitted. */
class Receiver {
  readonly holder = new Holder();
  readonly document = new Y.Doc();

  async receive(update: Uint8Array): Promise<ParsedUpdate> {
    const parsed = parseAppends(sha256, firstHead, update, (client) => this.known(client));
    if (!parsed.ok) return parsed;
    const { admitted, refused, waiting, askAgain } = await admitRuns(ports, log, this.holder, parsed.runs);
    expect([...refused, ...waiting, ...askAgain]).toEqual([]);
    this.holder.store(admitted);
    const appends = admitted.map(({ header, bytes }) => ({
      stream: header.stream,
      firstSeq: header.seq,
      blocks: [bytes],
    }));
    for (const append of appends) Y.applyUpdate(this.document, encodeAppends(sha256, firstHead, [append]));
    return parsed;
  }

  /** Asks a holder of everything for what is missing, by state vector, as after a refusal with `gap`. */
  async askAgain(): Promise<void> {
    const clocks = decodeStateVector(encodeStateVector(sha256, firstHead, this.holder.vector()));
    const names = authors.map(({ stream }) => stream);
    const held = vectorOfClocks(sha256, firstHead, names, clocks ?? new Map());
    const rest = authors.map((author) => author.run((held.get(author.stream) ?? 0) + 1));
    expect((await this.receive(encodeAppends(sha256, firstHead, rest))).ok).toBe(true);
  }

  private known(client: number): KnownStream | null {
    for (const [stream, seq] of this.holder.vector()) {
      if (clientIdOf(sha256, stream, 0) === client) return { stream, nextSeq: seq + 1 };
    }
    return null;
  }
}

/** Part of every stream: from some block on, some blocks. */
const part = fc.tuple(...sizes.map((size) => fc.tuple(fc.nat(size - 1), fc.nat(size)))).map((cuts) =>
  authors.map(({ stream, blocks }, index): Run => {
    const [from, count] = cuts[index] ?? [0, 0];
    return { stream, firstSeq: from + 1, blocks: blocks.slice(from, from + count) };
  }),
);

test("L1.4 L2.6 L2.10 any split into runs, in any order, with duplicates and gaps, ends with the same blocks", async () => {
  const update = encodeAppends(sha256, firstHead, whole);
  await fc.assert(
    fc.asyncProperty(fc.array(part, { maxLength: 12 }), fc.boolean(), async (parts, patient) => {
      const receiver = new Receiver();
      for (const runs of parts) {
        const parsed = await receiver.receive(encodeAppends(sha256, firstHead, runs));
        if (parsed.ok) continue;
        expect(["gap", "unknown-client"]).toContain(parsed.refusal.code);
        if (!patient) await receiver.askAgain();
      }
      await receiver.askAgain();
      expect(receiver.holder.vector()).toEqual(
        new Map(authors.map((author) => [author.stream, author.blocks.length])),
      );
      for (const { stream, blocks } of authors) expect(receiver.holder.blocks(stream)).toEqual(blocks);
      expect(Y.encodeStateAsUpdate(receiver.document)).toEqual(update);
      expect(receiver.holder.vector()).toEqual(
        new Map(authors.map((author) => [author.stream, author.blocks.length])),
      );
    }),
    { numRuns: 150 },
  );
});
