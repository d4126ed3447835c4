import { sha256 } from "@darksync/node/crypto";
import { decodeMessage } from "@darksync/sync/message";
import { expect, test } from "vitest";
import { type Listener, Listeners } from "../src/relay/listeners.js";
import { PassedBlocks } from "../src/relay/passed-blocks.js";

const log = "main/Acme";
const stream = `${"ab".repeat(32)}.${"cd".repeat(8)}`;
const nobody = new Set([null]);

/** One who listens, and time that goes on when it is told to. */
function scene() {
  const pauses: (() => void)[] = [];
  const listeners = new Listeners((callback) => pauses.push(callback));
  const heard: string[] = [];
  const listener: Listener = {
    wants: () => true,
    onBlocks: () => heard.push("blocks"),
    onDurable: (ack) => {
      const message = decodeMessage(ack);
      heard.push(message?.type === "ack" ? `ack ${message.heads.map(({ seq }) => seq).join(" ")}` : "?");
    },
    onSealed: () => {},
    onFailed: () => {},
  };
  listeners.add(listener);
  const passOn = (): number => {
    const number = listeners.begin();
    listeners.passOn(new PassedBlocks(sha256, log, []), nobody);
    return number;
  };
  return {
    heard,
    passOn,
    becameDurable: (number: number, seq: number) =>
      listeners.becameDurable(log, number, null, [{ stream, seq, tag: "00".repeat(8) }]),
    pause: () => {
      for (const callback of pauses.splice(0)) callback();
    },
  };
}

test("R80: after a pause, what is durable is told with the blocks that come next", () => {
  const { heard, passOn, becameDurable, pause } = scene();
  becameDurable(passOn(), 1);
  becameDurable(passOn(), 2);
  expect(heard).toEqual(["blocks", "blocks"]);
  pause();
  expect(heard).toEqual(["blocks", "blocks"]);
  passOn();
  expect(heard).toEqual(["blocks", "blocks", "blocks", "ack 2"]);
  // What is new has a pause of its own.
  becameDurable(3, 3);
  pause();
  expect(heard).toHaveLength(4);
  pause();
  expect(heard.slice(4)).toEqual(["ack 3"]);
});

test("R80: where no blocks come, what is durable is told after a second pause", () => {
  const { heard, passOn, becameDurable, pause } = scene();
  becameDurable(passOn(), 1);
  pause();
  pause();
  expect(heard).toEqual(["blocks", "ack 1"]);
  becameDurable(passOn(), 2);
  expect(heard).toHaveLength(3);
  pause();
  becameDurable(1, 3);
  pause();
  expect(heard).toEqual(["blocks", "ack 1", "blocks", "ack 3"]);
});
