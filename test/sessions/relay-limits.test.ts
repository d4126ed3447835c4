import { randomBytes } from "node:crypto";
import { renameSync } from "node:fs";
import { encode, writeLengthAndBytes, writeVarUint } from "@darksync/core/codec";
import { encodeMessage, protocolVersion } from "@darksync/sync/message";
import { syncStep1 } from "@darksync/sync/room-message";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import type { RelayProcess } from "../support/relay.js";
import { eventually, Teammate, testFolder, testRelay } from "../support/team.js";

const messageAwareness = 1;
const mebibyte = 1024 * 1024;
/** A relay alone takes about 70 MiB; without limits these tests drive it into gigabytes. */
const mostMemory = 400 * mebibyte;

async function setUp(): Promise<{ relay: RelayProcess; space: string; ada: Teammate }> {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const ada = new Teammate("Ada", folder);
  const { space } = await ada.init("Acme");
  for (let count = 0; count < 6; count += 1) {
    await ada.save(`Acme.text${count}`, `let text${count} = "${randomBytes(200_000).toString("hex")}"\n`);
  }
  await ada.do("sync", "--relay", relay.url);
  return { relay, space: String(space), ada };
}

/** A socket at this path. */
async function connected(relay: RelayProcess, path: string): Promise<WebSocket> {
  const socket = new WebSocket(`${relay.url.replace("http", "ws")}/v1${path}`, { perMessageDeflate: false });
  socket.on("error", () => {});
  onTestFinished(() => socket.terminate());
  await new Promise((resolve) => socket.once("open", resolve));
  return socket;
}

function greet(socket: WebSocket, space: string): void {
  const device = randomBytes(32).toString("hex");
  const digest = "00".repeat(32);
  socket.send(
    encodeMessage({ type: "hello", version: protocolVersion, space, isNew: true, device, only: [], digest }),
  );
}

/** Sends a message again and again, as fast as the other side takes it, at most so often. */
async function flood(socket: WebSocket, message: Uint8Array, count: number): Promise<void> {
  for (let sent = 0; sent < count && socket.readyState === WebSocket.OPEN; sent += 1) {
    socket.send(message);
    const deadlineMs = Date.now() + 2000;
    while (socket.bufferedAmount > 4 * mebibyte && Date.now() < deadlineMs)
      await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** The one connection that misbehaved is gone, the memory is not, and a teammate gets what he asks for at once. */
async function expectWell(relay: RelayProcess, ada: Teammate, connections: number): Promise<void> {
  const startMs = Date.now();
  await ada.sync();
  expect(await relay.metric("process_resident_memory_bytes")).toBeLessThan(mostMemory);
  await eventually(
    () => relay.metric("darksync_connections"),
    (count) => count === connections,
  );
  // Well before the relay's pings find that a socket is dead.
  expect(Date.now() - startMs).toBeLessThan(10_000);
}

test("R15: a client that asks without end and never reads is cut", async () => {
  const { relay, space, ada } = await setUp();
  const socket = await connected(relay, "");
  greet(socket, space);
  socket.pause();
  const nowhere = `main/${"A".repeat(400)}`;
  const question = encodeMessage({ type: "ask", log: nowhere, stateVector: new Uint8Array([0]) });
  await flood(socket, question, 150_000);
  await expectWell(relay, ada, 0);
});

test("R15: a client that sends ahead of the answers is cut", async () => {
  const { relay, space, ada } = await setUp();
  const socket = await connected(relay, "");
  greet(socket, space);
  socket.pause();
  const log = "main/Acme";
  for (let count = 0; count < 20; count += 1)
    socket.send(encodeMessage({ type: "ask", log, stateVector: new Uint8Array([0]) }));
  await flood(socket, encodeMessage({ type: "update", log, update: new Uint8Array(mebibyte) }), 400);
  await expectWell(relay, ada, 0);
});

test("R15: whoever is in a room and does not read what others say there is cut", async () => {
  const { relay, space, ada } = await setUp();
  const [reader, sleeper] = [
    await connected(relay, `/${space}/main/Acme@0`),
    await connected(relay, `/${space}/main/Acme@0`),
  ];
  sleeper.pause();
  const awareness = encode((writer) => {
    writeVarUint(writer, messageAwareness);
    writeLengthAndBytes(writer, new Uint8Array(mebibyte));
  });
  await flood(reader, awareness, 200);
  await expectWell(relay, ada, 1);
});

test("R15: thousands of questions of a few bytes in a room cost one answer at a time", async () => {
  const { relay, space, ada } = await setUp();
  const socket = await connected(relay, `/${space}/main/Acme@0`);
  await flood(socket, syncStep1(new Uint8Array([0])), 5000);
  await expectWell(relay, ada, 1);
});

test("a relay whose folder is gone says so to whoever asks for its figures, and goes on", async () => {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  expect((await fetch(`${relay.url}/metrics`)).status).toBe(200);
  renameSync(`${folder}/relay`, `${folder}/gone`);
  expect((await fetch(`${relay.url}/metrics`)).status).toBe(500);
  expect((await fetch(`${relay.url}/healthz`)).status).toBe(200);
});
