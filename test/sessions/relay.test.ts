import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { encodeMessage } from "@darksync/sync/message";
import { expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { runRelay } from "../support/relay.js";
import { Teammate, testFolder, testRelay } from "../support/team.js";

/** A server that ends when the test is over; gives its URL. */
async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A WebSocket server that answers the first message with these bytes. */
async function answering(bytes: Uint8Array): Promise<string> {
  const server = createServer();
  const sockets = new WebSocketServer({ server });
  sockets.on("connection", (socket) => socket.on("message", () => socket.send(bytes)));
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
  });
  return listening(server);
}

async function withOneChange(): Promise<Teammate> {
  const ada = new Teammate("Ada", testFolder());
  await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  return ada;
}

/** A first link that must fail: typed, with a hint, no stack trace, nothing lost and no link left. */
async function expectRefusedLink(ada: Teammate, url: string, code: string): Promise<void> {
  const result = await ada.try("--json", "sync", "--relay", url);
  expect(result.code).toBe(1);
  expect(result.json.error, result.stdout).toMatchObject({ code, hint: expect.stringMatching(/\w/) });
  expect(result.stderr).toMatch(/^error: .*\nhint: .*\n$/);
  expect(await ada.do("sync", "--status")).toMatchObject({
    relay: null,
    state: "never",
    sync: { pending: 2 },
  });
  expect(Object.keys(await ada.view())).toEqual(["Acme.a"]);
}

test("a URL that nobody answers is unreachable, and no link to it is left (S10)", async () => {
  const ada = await withOneChange();
  const server = createServer();
  const url = await listening(server);
  await new Promise((resolve) => server.close(resolve));
  await expectRefusedLink(ada, url, "relay-unreachable");
});

test("a plain HTTP server at the URL is told to be no relay", async () => {
  const server = createServer((_request, response) => response.writeHead(404).end("no"));
  server.on("upgrade", (_request, socket) =>
    socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n"),
  );
  await expectRefusedLink(await withOneChange(), await listening(server), "not-a-relay");
});

test("garbage on the socket is told to be no relay", async () => {
  await expectRefusedLink(await withOneChange(), await answering(new Uint8Array([255, 1, 2])), "not-a-relay");
});

test("a relay of another protocol version is told apart from one that is away", async () => {
  const problem = { code: "version-mismatch", reason: "the relay speaks version 9", hint: "Upgrade." };
  const url = await answering(encodeMessage({ type: "error", ...problem }));
  await expectRefusedLink(await withOneChange(), url, "version-mismatch");
});

test("a relay that talks out of turn breaks nothing", async () => {
  const url = await answering(encodeMessage({ type: "ack", log: "auth", heads: [], isAnswer: true }));
  await expectRefusedLink(await withOneChange(), url, "protocol");
});

test("join of a relay without a space says so and leaves no space behind", async () => {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const bob = new Teammate("Bob", folder);
  const result = await bob.try("--json", "join", relay.url, bob.folder, "--as", "Bob");
  expect(result.code).toBe(1);
  expect(result.json.error).toMatchObject({ code: "no-space", hint: expect.stringContaining("darklang") });
  expect(existsSync(`${bob.folder}/.darklang`)).toBe(false);
});

test("a space that synced elsewhere is refused, and its old link stays; one that never synced joins (P3)", async () => {
  const folder = testFolder();
  const [first, second] = [await testRelay(`${folder}/one`), await testRelay(`${folder}/two`)];
  const [ada, bob, cleo] = [
    new Teammate("Ada", folder),
    new Teammate("Bob", folder),
    new Teammate("Cleo", folder),
  ];
  await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  await ada.do("sync", "--relay", first.url);
  await bob.init("Other");
  await bob.do("sync", "--relay", second.url);
  const refused = await ada.try("--json", "sync", "--relay", second.url);
  expect(refused.code).toBe(1);
  expect(refused.json.error).toMatchObject({ code: "space-mismatch" });
  expect(await ada.do("sync")).toMatchObject({ pushed: 0, failed: 0 });
  await cleo.init("Mine");
  const id = await cleo.saveValue("Mine.c", 1);
  const joined = await cleo.do("sync", "--relay", first.url);
  expect(joined).toMatchObject({ pushed: 2, sync: { state: "synced", pending: 0 } });
  const { changes } = await cleo.do("log", "Mine.c");
  expect(changes).toMatchObject([{ id }]);
  await ada.sync();
  expect(await ada.view()).toEqual(await cleo.view());
});

test("garbage, oversized frames and another version on the relay's socket end that connection only", async () => {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.do("sync", "--relay", relay.url);
  const hello = encodeMessage({
    type: "hello",
    version: 99,
    space: "",
    isNew: true,
    device: "00".repeat(32),
    only: [],
    digest: "00".repeat(32),
  });
  for (const bytes of [new Uint8Array([77]), new Uint8Array(3 * 1024 * 1024), hello, new Uint8Array(0)]) {
    const socket = new WebSocket(`${relay.url.replace("http", "ws")}/v1`);
    socket.on("error", () => {});
    socket.on("open", () => socket.send(bytes));
    await new Promise((resolve) => socket.on("close", resolve));
  }
  await ada.saveValue("Acme.a", 1);
  expect(await ada.sync()).toMatchObject({ pushed: 1 });
  expect(relay.lines.join("\n")).not.toMatch(/\\n\s+at /);
});

test("a web page from elsewhere that is open in a browser here gets nothing; one of this machine may connect", async () => {
  const relay = await testRelay(`${testFolder()}/relay`);
  const url = `${relay.url.replace("http", "ws")}/v1`;
  const statusFor = (origin: string) =>
    new Promise((resolve) => {
      const socket = new WebSocket(url, { origin });
      socket.on("unexpected-response", (_request, response) => resolve(response.statusCode));
      socket.on("open", () => {
        socket.close();
        resolve(101);
      });
    });
  for (const origin of ["https://evil.example", "http://localhost.evil.example", "null"]) {
    expect(await statusFor(origin), origin).toBe(403);
  }
  for (const origin of ["http://localhost:5173", "http://127.0.0.1:1", "http://[::1]:80"]) {
    expect(await statusFor(origin), origin).toBe(101);
  }
});

test("a relay that is full or behind a broken proxy is unreachable for now, not wrong (S10)", async () => {
  const server = createServer();
  server.on("upgrade", (_request, socket) =>
    socket.end("HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\n\r\n"),
  );
  await expectRefusedLink(await withOneChange(), await listening(server), "relay-unreachable");
});

test("healthz, metrics and log heads answer; anything else is a 404", async () => {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const ada = new Teammate("Ada", folder);
  const { space } = await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  await ada.do("sync", "--relay", relay.url);
  const get = async (path: string) => (await fetch(`${relay.url}${path}`)).json();
  expect(await get("/healthz")).toEqual({ ok: true });
  expect(await get(`/v1/${space}/${encodeURIComponent("main/Acme")}`)).toEqual({ head: 0 });
  for (const path of ["/", "/v1/../../etc/passwd", `/v1/${"0".repeat(32)}/auth`, "/%zz"]) {
    expect((await fetch(`${relay.url}${path}`)).status, path).toBe(404);
  }
  expect(await relay.metric("darksync_changes_admitted_total")).toBe(2);
  expect(await relay.metric("darksync_commit_seconds_count")).toBeGreaterThan(0);
  expect(await relay.metric("darksync_blocks_repeated_total")).toBe(0);
});

test("SIGTERM ends the relay with exit 0, and what it had acknowledged is there after a restart (L5)", async () => {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const ada = new Teammate("Ada", folder);
  await ada.init("Acme");
  await ada.saveValue("Acme.a", 1);
  await ada.do("sync", "--relay", relay.url);
  expect(await relay.stop()).toBe(0);
  expect(relay.lines.map((line) => JSON.parse(line).event)).toEqual(["listening", "stopping", "stopped"]);
  const again = await testRelay(`${folder}/relay`, relay.port);
  expect(await ada.sync()).toMatchObject({ pushed: 0, pulled: 0, sync: { state: "synced" } });
  expect(await again.metric("darksync_blocks_repeated_total")).toBe(0);
});

test("what keeps a relay from starting is told with a hint and no stack trace", async () => {
  const folder = testFolder();
  const relay = await testRelay(`${folder}/relay`);
  const busy = await listening(createServer());
  const port = new URL(busy).port;
  writeFileSync(`${folder}/file`, "");
  const cases: readonly [readonly string[], number, string][] = [
    [["--open", "--port", "0", "--data", `${folder}/relay`], 1, "a relay works on it"],
    [["--open", "--port", port, "--data", `${folder}/two`], 1, "listens"],
    [["--open", "--port", "0", "--data", `${folder}/file/in`], 1, "cannot be written"],
    [["--open", "--host", "0.0.0.0", "--data", `${folder}/two`], 2, "this machine only"],
    [["--data", `${folder}/two`], 2, "--open"],
    [["--open", "--engine", "nats://127.0.0.1"], 2, "SQLite only"],
    [["--open"], 2, "--data"],
    [["--open", "--port", "70000", "--data", `${folder}/two`], 2, "port"],
  ];
  for (const [args, code, words] of cases) {
    const result = await runRelay(args);
    expect(result.code, args.join(" ")).toBe(code);
    expect(result.stderr).toContain(words);
    expect(result.stderr).not.toMatch(/\n\s+at /);
    expect(result.stdout).toBe("");
  }
  expect(relay.url).toMatch(/^http:/);
});

test("a damaged space is told at the start and to its clients; the others are served", async () => {
  const folder = testFolder();
  const damaged = "ab".repeat(16);
  mkdirSync(`${folder}/relay`);
  writeFileSync(`${folder}/relay/${damaged}.db`, "this is no database at all".repeat(100));
  chmodSync(`${folder}/relay/${damaged}.db`, 0o600);
  const relay = await testRelay(`${folder}/relay`);
  const ada = new Teammate("Ada", folder);
  const { space } = await ada.init("Acme");
  expect(await ada.do("sync", "--relay", `${relay.url}/${space}`)).toMatchObject({ pushed: 1 });
  const failure = relay.lines.map((line) => JSON.parse(line)).find(({ event }) => event === "failure");
  expect(failure).toMatchObject({
    space: damaged,
    code: "database-corrupt",
    hint: expect.stringMatching(/\w/),
  });
  const bob = new Teammate("Bob", folder);
  const result = await bob.try("--json", "join", `${relay.url}/${damaged}`, bob.folder, "--as", "Bob");
  expect(result.json.error).toMatchObject({ code: "relay-database-corrupt" });
  const socket = new WebSocket(`${relay.url.replace("http", "ws")}/v1/${damaged}/auth@0`);
  expect(await new Promise((resolve) => socket.on("close", resolve))).toBe(1011);
});
