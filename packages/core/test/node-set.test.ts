import fc from "fast-check";
import { expect, test } from "vitest";
import { NamingGraph } from "../src/naming-graph.js";
import { loneGroup } from "../src/naming-source.js";
import { NodeNumbers, NodeSet } from "../src/node-set.js";
import type { OpId } from "../src/op-id.js";
import type { Assignment } from "../src/register.js";
import { targetHash } from "./support/placed.js";

const nodes = Array.from({ length: 70 }, (_, number) => `node ${number}`);
const numbers = new NodeNumbers(nodes);
const some = fc.uniqueArray(fc.constantFrom(...nodes));

function setOf(members: readonly string[]): NodeSet {
  const set = new NodeSet(numbers);
  for (const node of members) set.add(node);
  return set;
}

test("a set of nodes holds what was added, with others and what it shares with them", () => {
  fc.assert(
    fc.property(some, some, fc.constantFrom(...nodes), (left, right, one) => {
      const inOrder = (members: readonly string[]) => nodes.filter((node) => members.includes(node));
      expect([...setOf(left)]).toEqual(inOrder(left));
      expect([...setOf(left).union(setOf(right))]).toEqual(inOrder([...left, ...right]));
      const shared = left.filter((node) => right.includes(node));
      expect([...setOf(left).intersection(setOf(right))]).toEqual(inOrder(shared));
      const before = setOf(left);
      expect([...before.with(one)]).toEqual(inOrder([...left, one]));
      expect([...before]).toEqual(inOrder(left));
      expect(before.has(one)).toBe(left.includes(one));
      expect(before.add(one)).toBe(!left.includes(one));
    }),
  );
  expect(setOf(nodes).has("no node")).toBe(false);
});

test("O2: the histories of thousands of heads behind thousands of edits are little to hold", () => {
  const location = "Acme.a";
  const named = (id: OpId, target: string, supersedes: readonly OpId[]): Assignment<"name"> => ({
    id,
    value: { type: "definition", kind: "fn", hash: targetHash("fn", target), movedFrom: null },
    supersedes,
  });
  const edits = Array.from({ length: 4000 }, (_, number) =>
    named(
      `${number}`.padStart(64, "0"),
      `t${number}`,
      number === 0 ? [] : [`${number - 1}`.padStart(64, "0")],
    ),
  );
  const last = edits.at(-1)?.id ?? "";
  const heads = Array.from({ length: 2000 }, (_, number) =>
    named(`${number}`.padStart(64, "f"), `h${number}`, [last]),
  );
  const assignments = new Map([...edits, ...heads].map((each) => [each.id, each]));
  const source = {
    heads: () => heads,
    assignment: (_: string, id: OpId) => assignments.get(id) ?? null,
    text: () => null,
  };
  const graph = new NamingGraph(loneGroup(source, location));
  const held = () => process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const before = held();
  const histories = heads.map(({ id }) => graph.historyOf(id));
  expect((held() - before) / 2 ** 20).toBeLessThan(64);
  expect(graph.nearestCommonAncestors(histories)).toEqual([last]);
});
