import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import { socketTransport } from "../src/socket-transport.js";

const mebibyte = 1024 * 1024;

test("R83: a client that deals with messages slowly makes the relay wait, and gets them all", async () => {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  onTestFinished(() => server.close());
  await once(server, "listening");
  const count = 100;
  server.on("connection", (socket) => {
    for (let sent = 0; sent < count; sent += 1) socket.send(new Uint8Array(mebibyte));
  });
  const waiting: (() => void)[] = [];
  let [arrived, most] = [0, 0];
  await new Promise<void>((resolve) => {
    const dealWithOne = () => {
      waiting.shift()?.();
      if (arrived === count && waiting.length === 0) resolve();
      else setTimeout(dealWithOne, 2);
    };
    const connection = socketTransport.connect(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`, {
      onOpen: dealWithOne,
      onMessage: () => {
        arrived += 1;
        most = Math.max(most, waiting.length + 1);
        return new Promise((taken) => waiting.push(taken));
      },
      onClose: () => {},
    });
    onTestFinished(() => connection.close());
  });
  expect(arrived).toBe(count);
  expect(most).toBeLessThan(12);
});
