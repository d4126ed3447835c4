import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { httpSegmentSource } from "../src/segment-source.js";

const mebibyte = 1024 * 1024;
const hash = "5e".repeat(32);

/** What answers every question with these bytes, and then by `answer`; gives what asks it for a segment. */
async function hostileRelay(head: string, answer: (socket: Socket) => void) {
  const server = createServer((socket) => {
    socket.on("error", () => socket.destroy());
    socket.once("data", () => {
      socket.write(head);
      answer(socket);
    });
  });
  onTestFinished(() => {
    server.close();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  return () => httpSegmentSource.segment(`ws://127.0.0.1:${port}/v1`, "5a", "main/Acme", hash, 0);
}

test("R93 of an answer that is of no use nothing more is read, however long it goes on", async () => {
  const closed: Promise<unknown>[] = [];
  const ask = await hostileRelay("HTTP/1.1 500 No\r\ntransfer-encoding: chunked\r\n\r\n", (socket) => {
    closed.push(new Promise((resolve) => socket.on("close", resolve)));
    const chunk = `400\r\n${"a".repeat(1024)}\r\n`;
    const goOn = () => {
      if (!socket.destroyed) socket.write(chunk, goOn);
    };
    goOn();
  });
  expect(await ask()).toMatchObject({ ok: false, problem: { code: "relay-unreachable" } });
  await Promise.all(closed);
});

test("R93 a segment that comes in single bytes takes no more memory than another", async () => {
  const size = mebibyte;
  const held: number[] = [];
  const ask = await hostileRelay("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", (socket) => {
    const some = Buffer.from("1\r\na\r\n".repeat(4096));
    let left = size;
    const goOn = () => {
      held.push(process.memoryUsage().heapUsed);
      left -= 4096;
      if (left >= 0) socket.write(some, goOn);
      else socket.end("0\r\n\r\n");
    };
    goOn();
  });
  const before = process.memoryUsage().heapUsed;
  const answer = await ask();
  expect(answer).toMatchObject({ ok: true });
  expect(answer.ok && answer.value.length).toBe(size);
  // As many objects as bytes would take twice as much.
  expect((held.at(-1) ?? 0) - before).toBeLessThan(60 * mebibyte);
});

test("R92 what came before a connection was reset is kept", async () => {
  const ask = await hostileRelay(`HTTP/1.1 200 OK\r\ncontent-length: ${16 * mebibyte}\r\n\r\n`, (socket) => {
    // More than what may be under way: when it is written, some of it was read.
    socket.write(Buffer.alloc(15 * mebibyte), () => socket.resetAndDestroy());
  });
  const answer = await ask();
  expect(answer.ok && answer.value.length).toBeGreaterThan(mebibyte);
});
