import { expect, test } from "vitest";
import { streamOf } from "./support/samples.js";
import { describeStores } from "./support/suite.js";

const log = "main/Acme";
const ada = { log, stream: streamOf(1) };
const bob = { log, stream: streamOf(2) };
const elsewhere = { log: "main/Other", stream: streamOf(2) };

describeStores("SeenStore", ({ write, read, reopen }) => {
  test("tells what a block had seen, and which blocks had seen another one, also after a restart", async () => {
    await write(({ seen }) => {
      seen.add(ada, 1, new Map([[log, new Map([[bob.stream, 2]])]]));
      seen.add(ada, 3, new Map([[log, new Map([[bob.stream, 5]])]]));
      seen.add(ada, 4, new Map([[log, new Map([[bob.stream, 6]])]]));
      seen.add(ada, 4, new Map([["main/Other", new Map([[bob.stream, 1]])]]));
    });
    reopen();
    read(({ seen }) => {
      expect([0, 1, 2, 3, 4, 9].map((seq) => seen.seenAt(ada, seq, bob))).toEqual([0, 2, 2, 5, 6, 6]);
      expect(seen.seenAt(ada, 4, elsewhere)).toBe(1);
      expect(seen.seenAt(bob, 4, ada)).toBe(0);
      expect(seen.steps(ada, bob, 1, 3)).toEqual([{ seq: 3, otherSeq: 5 }]);
      expect(seen.sightings(ada, bob, 3, 4)).toEqual([{ seq: 3, otherSeq: 5 }]);
      expect(seen.sightings(ada, bob, 1, 3)).toEqual([
        { seq: 1, otherSeq: 2 },
        { seq: 3, otherSeq: 5 },
      ]);
      expect(seen.sightings(ada, bob, 7, 9)).toEqual([]);
    });
  });

  test("leaves out what is no news", async () => {
    await write(({ seen }) => {
      seen.add(ada, 1, new Map([[log, new Map([[bob.stream, 5]])]]));
      seen.add(ada, 2, new Map([[log, new Map([[bob.stream, 4]])]]));
      seen.add(ada, 1, new Map([[log, new Map([[bob.stream, 5]])]]));
    });
    expect(read(({ seen }) => seen.steps(ada, bob, 0, 9))).toEqual([{ seq: 1, otherSeq: 5 }]);
    expect(read(({ seen }) => seen.count())).toBe(1);
  });

  test("forgets what blocks that were dropped say, and those alone", async () => {
    await write(({ seen }) => {
      seen.add(ada, 1, new Map([[log, new Map([[bob.stream, 1]])]]));
      seen.add(ada, 2, new Map([[log, new Map([[bob.stream, 2]])]]));
      seen.add(bob, 2, new Map([[log, new Map([[ada.stream, 2]])]]));
      seen.truncate(ada, 1);
      seen.truncate({ log: "main/Nobody", stream: ada.stream }, 0);
      seen.add(ada, 2, new Map([[log, new Map([[bob.stream, 3]])]]));
    });
    read(({ seen }) => {
      expect(seen.steps(ada, bob, 0, 9)).toEqual([
        { seq: 1, otherSeq: 1 },
        { seq: 2, otherSeq: 3 },
      ]);
      expect(seen.seenAt(bob, 2, ada)).toBe(2);
    });
  });
});
