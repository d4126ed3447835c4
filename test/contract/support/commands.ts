import type { Assignment } from "@darksync/core/register";
import type { ReplicaTables } from "@darksync/runtime/store/store";
import fc from "fast-check";
import { assigns, binds, block, change, id, item, nameOf, streamOf } from "./samples.js";

/** Something done to a store's tables, with a name for reports. */
export interface Command {
  readonly name: string;
  run(tables: ReplicaTables): unknown;
}

const small = fc.integer({ min: 1, max: 6 });
const logName = fc.constantFrom("auth", "main/Acme", "branch/1");
const location = fc.constantFrom("Acme.a", "Acme.M.b", "Acme.M", "Beta.c");
const numbers = [1, 2, 3, 4, 5, 6];
const refused = { code: "refused", message: "no", hint: "ask" };

type Run = (tables: ReplicaTables, number: number, other: number, log: string, key: string) => unknown;

const placeOf = (other: number) => ({ stream: streamOf(other % 2), seq: other, index: other });

const runs: Readonly<Record<string, Run>> = {
  append: ({ blocks }, number, other, log) =>
    blocks.append(log, streamOf(other % 2), block(number, other, other)),
  appendNext: ({ blocks }, _, other, log) => {
    const stream = streamOf(other % 2);
    blocks.append(log, stream, block((blocks.tip(log, stream)?.seq ?? 0) + 1, other, other));
  },
  truncate: ({ blocks }, number, other, log) => blocks.truncate(log, streamOf(other % 2), number - 1),
  close: ({ blocks }, number, other, log) => blocks.close(log, streamOf(other % 2), number),
  setDurable: ({ durable }, number, other, log) =>
    durable.setDurable(
      log,
      new Map([
        [streamOf(0), number],
        [streamOf(other), other],
      ]),
    ),
  addChange: ({ changes }, number, other, log) =>
    changes.has(id(number))
      ? "there"
      : changes.add(change(number, { log, isSkewed: other === 1, setAside: other === 2 ? "why" : null })),
  addPlaced: ({ changes }, number, other, log) => changes.add(change(number, { log, place: placeOf(other) })),
  addBlock: ({ changes }, number, other, log) => {
    const all = numbers.slice(number - 1).filter((each) => !changes.has(id(each)));
    const place = (each: number) => ({ ...placeOf(other), index: each });
    return all.map((each) =>
      changes.add(change(each, { log, place: place(each), isSkewed: each === other })),
    );
  },
  place: ({ changes }, number, other) => changes.place(id(number), placeOf(other)),
  unplace: ({ changes }, number) => changes.unplace(id(number), new Uint8Array([number])),
  park: ({ changes }, number, other) => changes.setParked(id(number), other < 4 ? refused : null),
  setAside: ({ changes }, number, other) =>
    changes.setSetAside(id(number), other < 4 ? `why ${other}` : null),
  remove: ({ changes, packages }, number) => {
    // What the fold made of a change goes before the change does.
    packages.clear();
    changes.remove(id(number));
  },
  bind: ({ changes, packages }, number, other, log, key) => {
    if (!changes.has(id(number))) changes.add(change(number, { log }));
    const register = nameOf(key);
    const heads: Assignment<"name">[] = [...packages.heads(register)];
    if (packages.assignment(register, `${id(number)}/0`) !== null) return "bound before";
    const isTaken = ["Acme.a", "Acme.M.b", "Acme.M", "Beta.c"].some(
      (each) => packages.assignment(nameOf(each), `${id(number)}/0`) !== null,
    );
    if (isTaken) return "bound elsewhere";
    const value = other === 1 ? ({ type: "nothing", movedTo: null } as const) : binds(other, key);
    const made = assigns(number, value, other % 2 === 0 ? heads.map((head) => head.id) : [`${id(other)}/0`]);
    packages.addAssignment(register, made);
    const kept = other % 2 === 0 ? [made] : [...heads, made];
    packages.setHeads(register, kept);
    const conflict = kept.length > 1 ? ({ id: id(number), kind: "both-created" } as const) : null;
    packages.setNameView(key, { shown: kept[0] ?? null, conflict, isMerged: false, isLinked: false });
    return packages.heads(register).map((head) => head.id);
  },
  addAhead: ({ packages }, number, _other, _log, key) => packages.addAhead(nameOf(key), `${id(number)}/0`),
  takeAhead: ({ packages }, number, _other, _log, key) => packages.takeAhead(nameOf(key), `${id(number)}/0`),
  putText: ({ packages, changes }, number, other) =>
    packages.putText(
      id(number),
      { kind: "fn", head: "let ", tail: ` = ${String(other).repeat(number * 200)}` },
      changes.has(id(other)) ? `${id(other)}/${number}` : null,
    ),
  evictText: ({ texts }, number) => texts.evict(id(number)),
  markUsed: ({ texts }, number, other) => texts.markUsed([id(number), id(other)], number),
  packTexts: ({ texts }) => void texts.pack(null, 9),
  put: ({ queue }, number, other) =>
    queue.put(item(number, { status: other < 3 ? "pending" : "completed", retryCount: other })),
  moveBefore: ({ queue }, number, other) => queue.moveBefore(id(number), id(other)),
  removeItem: ({ queue }, number) => queue.remove(id(number)),
  addSeen: ({ seen }, number, other, log) => {
    const viewer = { log, stream: streamOf(other % 2) };
    // As blocks come: a stream's own are in order.
    const last = numbers.findLast((each) => seen.seenAt(viewer, each, viewer) === each) ?? 0;
    const own: [string, number] = [viewer.stream, last + 1];
    seen.add(viewer, last + 1, new Map([[log, new Map([own, [streamOf(number), other]])]]));
  },
  truncateSeen: ({ seen }, number, other, log) =>
    seen.truncate({ log, stream: streamOf(other % 2) }, number - 1),
  putPair: ({ dependencies }, number, other, _log, key) =>
    dependencies.put({
      definition: key,
      user: `Beta.user${number % 3}`,
      nearer: other < 3 ? [`Acme.near${other}`, key, "Acme.a"] : [],
      conflict: other % 2 === 0 ? id(other) : null,
      isUndecided: other === 5,
    }),
  removePair: ({ dependencies }, number, _other, _log, key) =>
    dependencies.remove({ definition: key, user: `Beta.user${number % 3}` }),
  setFollowed: ({ dependencies }, number, other, _log, key) =>
    dependencies.setFollowed(
      key,
      numbers
        .slice(other)
        .map((each) => ({ location: key, written: `Acme.w${number}`, id: `${id(each)}/0` })),
    ),
  clearDependencies: ({ dependencies }) => dependencies.clear(),
  setMeta: ({ meta }, number, other) => meta.set(`key ${number}`, other === 1 ? null : `${other}`),
};

/** Any command, good or not. */
export const anyCommand: fc.Arbitrary<Command> = fc
  .record({
    kind: fc.constantFrom(...Object.keys(runs)),
    number: small,
    other: small,
    log: logName,
    key: location,
  })
  .map(({ kind, number, other, log, key }) => ({
    name: `${kind}(${number}, ${other}, ${log}, ${key})`,
    run: (tables) => runs[kind]?.(tables, number, other, log, key),
  }));
