import { expect, test } from "vitest";
import { type Message, protocolVersion } from "../src/message.js";
import { type ConnectionInput, type ConnectionState, stepConnection } from "../src/relay-machine.js";

const log = "main/Acme";
const hash = "00".repeat(32);
const bytes = new Uint8Array([1]);
const refused = { type: "refused", log, stream: "s", seq: 3, code: "x", reason: "y", changes: [] } as const;
const hello = {
  type: "hello",
  version: protocolVersion,
  space: "",
  isNew: true,
  device: hash,
  only: [],
  digest: hash,
} as const;

const message = (said: Message | null): ConnectionInput => ({ type: "message", message: said });

const inputs: Readonly<Record<string, ConnectionInput>> = {
  hello: message(hello),
  otherVersion: message({ ...hello, version: protocolVersion + 1 }),
  welcome: message({ type: "welcome", version: 1, space: "", isEqual: true, logs: [] }),
  ask: message({ type: "ask", log, stateVector: bytes }),
  update: message({ type: "update", log, update: bytes }),
  state: message({ type: "state", log, heads: [] }),
  ack: message({ type: "ack", log, heads: [], isAnswer: true }),
  refused: message(refused),
  error: message({ type: "error", code: "c", reason: "r", hint: "h" }),
  ping: message({ type: "ping" }),
  pong: message({ type: "pong" }),
  garbage: message(null),
  entered: { type: "entered", welcome: { type: "welcome", version: 1, space: "", isEqual: true, logs: [] } },
  denied: { type: "denied", problem: { code: "no-space", message: "m", hint: "h" } },
  admitted: { type: "admitted", log, heads: [], refused: [refused], gap: false },
  gap: { type: "admitted", log, heads: [], refused: [], gap: true },
};

const states: readonly ConnectionState[] = ["new", "entering", "entered", "closed"];
const deny = "closed: error close";

/** What each input comes to: `state: messages and effects`. Nothing written: it changes nothing. */
const table: Readonly<Record<string, Partial<Record<ConnectionState, string>>>> = {
  hello: { new: "entering: enter", entering: deny, entered: deny },
  otherVersion: { new: deny, entering: deny, entered: deny },
  welcome: { new: deny, entering: deny, entered: deny },
  ask: { new: deny, entering: deny, entered: "entered: answer" },
  update: { new: deny, entering: deny, entered: "entered: admit" },
  state: { new: deny, entering: deny, entered: deny },
  ack: { new: deny, entering: deny, entered: deny },
  refused: { new: deny, entering: deny, entered: deny },
  error: { new: deny, entering: deny, entered: deny },
  ping: { new: "new: pong", entering: "entering: pong", entered: "entered: pong" },
  pong: {},
  garbage: { new: deny, entering: deny, entered: deny },
  entered: { entering: "entered: welcome" },
  denied: { entering: deny },
  admitted: { entered: "entered: refused ack" },
  gap: { entered: "entered: state" },
};

function describe(state: ConnectionState, input: ConnectionInput): string {
  const step = stepConnection(state, input);
  const effects = step.effects.map((effect) => (effect.type === "send" ? effect.message.type : effect.type));
  return `${step.state}: ${effects.join(" ")}`.trimEnd();
}

for (const [name, input] of Object.entries(inputs)) {
  test(`M10: \`${name}\` does what the table says in every state of a connection`, () => {
    for (const state of states)
      expect(describe(state, input), state).toBe(table[name]?.[state] ?? `${state}:`);
  });
}

test("M10: the table knows every input", () => {
  expect(Object.keys(table).sort()).toEqual(Object.keys(inputs).sort());
});

test("M11: a client of another version is told both versions, so that it knows which side to upgrade", () => {
  const [send] = stepConnection("new", message({ ...hello, version: 7 })).effects;
  expect(send).toMatchObject({
    message: { code: "version-mismatch", reason: expect.stringMatching(new RegExp(`${protocolVersion}.*7`)) },
  });
});
