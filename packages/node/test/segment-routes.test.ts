import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { toHex } from "@darksync/core/bytes";
import { decodeManifest } from "@darksync/log/manifest";
import { expect, onTestFinished, test } from "vitest";
import { log, sealingSpace } from "../../runtime/test/support/log-writer.js";
import { sha256 } from "../src/crypto.js";
import { serveRelay } from "../src/relay-server.js";

/** A relay that listens, with two segments of a log. */
async function listening(): Promise<{ readonly url: string; readonly hashes: readonly string[] }> {
  const { relay, space, writer } = await sealingSpace(3);
  await writer.write(7);
  await relay.sealed();
  const { server, close } = serveRelay(
    relay,
    async () => "",
    () => false,
  );
  onTestFinished(close);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const manifest = decodeManifest((await space.history.manifest(log)) ?? new Uint8Array());
  const hashes = manifest?.segments.map(({ hash }) => hash) ?? [];
  expect(hashes).toHaveLength(2);
  return { url: `http://127.0.0.1:${port}/v1/${space.id}`, hashes };
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

test("R75 the manifest, under the log's name, encoded or not", async () => {
  const { url, hashes } = await listening();
  for (const name of ["main/Acme", "main%2FAcme", "main%2fAcme"]) {
    const response = await fetch(`${url}/${name}/segments/`);
    expect(response.status).toBe(200);
    expect(response.headers.get("cache-control")).toBe("no-cache");
    expect(decodeManifest(await bytesOf(response))?.segments.map(({ hash }) => hash)).toEqual(hashes);
  }
  expect(await (await fetch(`${url}/main/Acme`)).json()).toEqual({ head: 2 });
  expect(await (await fetch(`${url}/main/Other`)).json()).toEqual({ head: 0 });
});

test("R75 a segment is what its address says, for ever, whole or from a place on", async () => {
  const { url, hashes } = await listening();
  for (const hash of hashes) {
    const whole = await fetch(`${url}/main/Acme/segments/${hash}`);
    const bytes = await bytesOf(whole);
    expect(whole.status).toBe(200);
    expect(toHex(sha256(bytes))).toBe(hash);
    expect(Object.fromEntries(whole.headers)).toMatchObject({
      "content-length": String(bytes.length),
      "accept-ranges": "bytes",
      "cache-control": "public, max-age=31536000, immutable",
      etag: `"${hash}"`,
    });
    for (const [range, first, last] of [
      ["bytes=0-", 0, bytes.length - 1],
      ["bytes=10-", 10, bytes.length - 1],
      ["bytes=10-19", 10, 19],
      [`bytes=5-${bytes.length + 5}`, 5, bytes.length - 1],
    ] as const) {
      const part = await fetch(whole.url, { headers: { range } });
      expect(part.status).toBe(206);
      expect(part.headers.get("content-range")).toBe(`bytes ${first}-${last}/${bytes.length}`);
      expect(await bytesOf(part)).toEqual(bytes.subarray(first, last + 1));
    }
    const beyond = await fetch(whole.url, { headers: { range: `bytes=${bytes.length}-` } });
    expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${bytes.length}`]);
    for (const range of ["bytes=-5", "bytes=9-2", "bytes=0-1,5-6", "lines=1-", "bytes=x-"]) {
      const all = await fetch(whole.url, { headers: { range } });
      expect([all.status, (await bytesOf(all)).length]).toEqual([200, bytes.length]);
    }
  }
});

test("R75 who has it already gets nothing, and only the head where only that is asked for", async () => {
  const { url, hashes } = await listening();
  const address = `${url}/main/Acme/segments/${hashes[0]}`;
  const etag = `"${hashes[0]}"`;
  const known = await fetch(address, { headers: { "if-none-match": etag } });
  expect([known.status, (await bytesOf(known)).length]).toEqual([304, 0]);
  const head = await fetch(address, { method: "HEAD" });
  expect([head.status, (await bytesOf(head)).length]).toEqual([200, 0]);
  expect(Number(head.headers.get("content-length"))).toBeGreaterThan(100);
  const range = "bytes=4-7";
  expect((await fetch(address, { headers: { range, "if-range": etag } })).status).toBe(206);
  expect((await fetch(address, { headers: { range, "if-range": '"other"' } })).status).toBe(200);
});

test("R75 what there is none of", async () => {
  const { url, hashes } = await listening();
  for (const path of [
    "main/Other/segments/",
    `main/Other/segments/${hashes[0]}`,
    `main/Acme/segments/${"00".repeat(32)}`,
    "main/Acme/segments/00",
    "secret/segments/",
    "secret",
  ]) {
    expect([path, (await fetch(`${url}/${path}`)).status]).toEqual([path, 404]);
  }
  expect((await fetch(`${url.slice(0, -2)}zz/main/Acme/segments/`)).status).toBe(404);
  expect((await fetch(`${url}/main/Acme/segments/${hashes[0]}`, { method: "DELETE" })).status).toBe(405);
});
