import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, connect, Socket } from "node:net";
import type { Duplex } from "node:stream";
import fc from "fast-check";
import { expect, onTestFinished, test, vi } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { type RelaySocket, ServedSockets } from "../src/relay-socket.js";

/** Sockets that are served, as a relay does it, and how to get at the next one that comes. */
class Scene {
  readonly sockets = new ServedSockets();
  readonly server = createServer();
  readonly #upgrades = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
  });
  /** Below the last one that came. */
  stream: Socket = new Socket();
  #came: (served: RelaySocket) => void = () => {};

  static async open(): Promise<Scene> {
    const scene = new Scene();
    scene.server.on("upgrade", (request, stream: Duplex, rest) => {
      stream.on("error", () => stream.destroy());
      scene.stream = request.socket;
      scene.#upgrades.handleUpgrade(request, stream, rest, (socket) =>
        scene.#came(scene.sockets.add(socket, request.socket)),
      );
    });
    scene.server.listen(0, "127.0.0.1");
    await once(scene.server, "listening");
    onTestFinished(() => {
      for (const socket of scene.sockets.all()) socket.terminate();
      scene.server.close();
    });
    return scene;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  next(): Promise<RelaySocket> {
    return new Promise((resolve) => {
      this.#came = resolve;
    });
  }

  async client(): Promise<{ readonly client: WebSocket; readonly served: RelaySocket }> {
    const came = this.next();
    const client = new WebSocket(`ws://127.0.0.1:${this.port}`, { perMessageDeflate: false });
    await once(client, "open");
    return { client, served: await came };
  }
}

test("what is sent arrives whole and in order, whatever its size and whoever gets the same", async () => {
  const scene = await Scene.open();
  const both = [await scene.client(), await scene.client()];
  const arrived: Buffer[][] = [[], []];
  both.forEach(({ client }, index) => {
    client.on("message", (data: Buffer) => arrived[index]?.push(data));
  });
  const atBorders = fc.constantFrom(0, 1, 125, 126, 127, 65_535, 65_536, 65_537, 200_000);
  const size = fc.oneof(atBorders, fc.integer({ min: 0, max: 3000 }));
  await fc.assert(
    fc.asyncProperty(fc.array(size, { minLength: 1, maxLength: 12 }), async (sizes) => {
      const messages = sizes.map((length, index) => new Uint8Array(length).fill(index + 1));
      for (const message of messages) for (const { served } of both) served.send(message);
      for (const { client, served } of both) {
        const ponged = once(served.socket, "pong");
        // What `ws` writes itself stands behind what was sent before.
        served.socket.ping();
        await ponged;
        expect(client.readyState).toBe(WebSocket.OPEN);
      }
      for (const got of arrived) {
        expect(got.map(({ length }) => length)).toEqual(sizes);
        expect(got.every((data, index) => Buffer.compare(data, messages[index] ?? data) === 0)).toBe(true);
        got.length = 0;
      }
    }),
    { numRuns: 40 },
  );
});

test("what is said in one go is one write", async () => {
  const scene = await Scene.open();
  const { client, served } = await scene.client();
  const { stream } = scene;
  const [one, several] = [vi.spyOn(stream, "_write"), vi.spyOn(stream, "_writev" as "_write")];
  for (let sent = 0; sent < 5; sent += 1) served.send(new Uint8Array([sent]));
  await new Promise<void>((resolve) => {
    let arrived = 0;
    client.on("message", () => {
      arrived += 1;
      if (arrived === 5) resolve();
    });
  });
  expect([one.mock.calls.length, several.mock.calls.length]).toEqual([0, 1]);
});

test("R15: who reads nothing while more than 8 MiB wait is let go", async () => {
  const scene = await Scene.open();
  const { client, served } = await scene.client();
  client.pause();
  const message = new Uint8Array(1024 * 1024);
  for (let sent = 0; sent < 100 && served.socket.readyState === WebSocket.OPEN; sent += 1)
    served.send(message);
  expect(served.socket.readyState).toBe(WebSocket.CLOSING);
  const closed = once(client, "close");
  client.resume();
  expect((await closed)[0]).toBe(1013);
});

test("R15: who keeps up may get any number of messages, and who does not is let go", async () => {
  const scene = await Scene.open();
  const { client, served } = await scene.client();
  let arrived = 0;
  client.on("message", () => {
    arrived += 1;
  });
  const message = new Uint8Array(8);
  for (let round = 0; round < 18; round += 1) {
    for (let sent = 0; sent < 1000; sent += 1) served.send(message);
    const ponged = once(served.socket, "pong");
    served.socket.ping();
    await ponged;
  }
  expect(arrived).toBe(18_000);
  for (let sent = 0; sent < 17_000; sent += 1) served.send(message);
  expect(served.socket.readyState).toBe(WebSocket.CLOSING);
});

test("who says nothing to four pings is cut, and who answers stays", async () => {
  const scene = await Scene.open();
  const { client, served } = await scene.client();
  const came = scene.next();
  const silent = connect(scene.port, "127.0.0.1");
  silent.write(
    "GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n",
  );
  silent.resume();
  const silentServed = await came;
  const cut = once(silentServed.socket, "close");
  for (let look = 0; look < 5; look += 1) {
    expect(silentServed.socket.readyState).toBe(WebSocket.OPEN);
    const ponged = once(served.socket, "pong");
    scene.sockets.ping();
    await ponged;
  }
  await cut;
  expect([client.readyState, scene.sockets.size]).toEqual([WebSocket.OPEN, 1]);
});

test("a talker hears its own socket's messages and end, and nothing once nobody listens any more", async () => {
  const scene = await Scene.open();
  const [one, other] = [await scene.client(), await scene.client()];
  const heard: string[] = [];
  for (const [name, { served }] of [["one", one] as const, ["other", other] as const])
    served.talker = {
      onMessage: (bytes) => heard.push(`${name} ${bytes.join(" ")}`),
      onClose: () => heard.push(`${name} left`),
    };
  one.client.send(new Uint8Array([1, 2]));
  await once(one.served.socket, "message");
  const closed = once(other.served.socket, "close");
  other.client.close();
  await closed;
  scene.sockets.stopListening();
  one.client.send(new Uint8Array([3]));
  await once(one.served.socket, "message");
  expect(heard).toEqual(["one 1 2", "other left"]);
});
