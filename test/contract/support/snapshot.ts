import type { ReplicaTables } from "@darksync/runtime/store/store";
import { id, nameOf, streamOf } from "./samples.js";

const logs = ["auth", "main/Acme", "branch/1"];
const streams = [0, 1, 2, 3, 4, 5, 6].map(streamOf);
const locations = ["Acme.a", "Acme.M.b", "Acme.M", "Beta.c"];
const numbers = [1, 2, 3, 4, 5, 6];

/** What every read of every table gives. */
export function snapshot(tables: ReplicaTables): unknown {
  const { blocks, durable, changes, packages, queue, meta, seen, dependencies, texts } = tables;
  return {
    logs: blocks.logs(),
    perLog: logs.map((log) => ({
      tips: sorted(blocks.tips(log)),
      durable: sorted(durable.durable(log)),
      beyond: durable.countBeyondDurable(log),
      unsigned: changes.unsigned(log, 2, 9, 3),
      countUnsigned: changes.countUnsigned(log),
      countOwn: [
        changes.countOwn(log, id(7), 2, Number.MAX_SAFE_INTEGER),
        changes.countOwn(log, id(8), 1, 3),
      ],
      perStream: streams.map((stream) => [
        blocks.tip(log, stream),
        blocks.closedAt(log, stream),
        blocks.hashAt(log, stream, 2),
        blocks.read(log, stream, 1, 7),
        blocks.countChanges(log, stream, 1, 3),
        changes.placedAfter(stream, log, 1),
      ]),
    })),
    changes: [
      changes.after(0, 99),
      changes.after(2, 1),
      changes.latest(2),
      changes.latest(9, 3),
      changes.withPrefix("000", 2),
      changes.logsWithUnsigned(),
      changes.waiting(0),
      changes.waiting(2),
      changes.parked(),
      changes.setAside(),
      changes.latestInTime(5, 2, 1),
      changes.latestInTime(99, 9, 0),
      changes.arrivals(0),
      changes.arrivals(2),
      changes.count(),
      numbers.map((number) => [changes.get(id(number)), changes.byNumber(number), changes.has(id(number))]),
      numbers.map((number) => changes.origin(id(number))),
      [changes.lastOwnTime(id(7)), changes.lastOwnTime(id(8))],
    ],
    packages: [
      packages.registers("name"),
      packages.names("", 99),
      packages.names("Acme", 2, "Acme.M"),
      packages.conflicts(),
      packages.countConflicts(),
      packages.search("LET ", 9),
      packages.search("m", 9),
      locations.map((key) => [
        packages.nameRow(key),
        packages.heads(nameOf(key)),
        numbers.map((number) => packages.assignment(nameOf(key), `${id(number)}/0`)),
      ]),
      numbers.map((number) => packages.text(id(number))),
      packages.awaitedTexts(),
    ],
    texts: [
      texts.hasEvicted(),
      numbers.map((number) => [texts.isEvicted(id(number)), texts.broughtBy(id(number))]),
      // Where the listing goes on, and how small a text is stored, is the adapter's affair.
      texts.leastUsed(null, 9).map(({ hash, broughtBy, cursor }) => [hash, broughtBy, cursor[0]]),
      [texts.sizes().heldCount, texts.sizes().evictedCount],
    ],
    queue: [queue.list(), queue.last(), queue.withPrefix(""), numbers.map((number) => queue.get(id(number)))],
    seenCount: seen.count(),
    seen: logs.map((log) =>
      [0, 1].map((viewer) =>
        streams.map((stream) => {
          const [one, other] = [
            { log, stream: streamOf(viewer) },
            { log, stream },
          ];
          return [
            numbers.map((number) => seen.seenAt(one, number, other)),
            seen.steps(one, other, 1, 4),
            seen.sightings(one, other, 2, 4),
          ];
        }),
      ),
    ),
    dependencies: [
      dependencies.isEmpty(),
      dependencies.records(),
      dependencies.undecided(),
      dependencies.followed(),
      [...locations, "Acme.near1", "Beta.user1"].map((location) => dependencies.touching(location)),
    ],
    meta: numbers.map((number) => meta.get(`key ${number}`)),
  };
}

function sorted<Value>(map: ReadonlyMap<string, Value>): readonly (readonly [string, Value])[] {
  return [...map].sort(([left], [right]) => (left < right ? -1 : 1));
}
