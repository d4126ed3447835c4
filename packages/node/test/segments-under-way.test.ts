import { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import { expect, test } from "vitest";
import { SegmentsUnderWay } from "../src/segments-under-way.js";

const mebibyte = 1024 * 1024;

function newResponse(): ServerResponse {
  return new ServerResponse(new IncomingMessage(new Socket()));
}

test("R75 however many read a segment, it is in memory once, and no longer than it is read", async () => {
  const underWay = new SegmentsUnderWay();
  let loads = 0;
  const load = async () => {
    loads += 1;
    return new Uint8Array(5);
  };
  const responses = Array.from({ length: 1000 }, newResponse);
  const read = await Promise.all(responses.map((response) => underWay.read("a", response, load)));
  expect(new Set(read).size).toBe(1);
  expect(loads).toBe(1);
  for (const response of responses) response.emit("close");
  expect(await underWay.read("a", newResponse(), load)).not.toBe(read[0]);
  expect(loads).toBe(2);
});

test("R75 who asks for more than is sent at a time is told to come again", async () => {
  const underWay = new SegmentsUnderWay();
  const responses: ServerResponse[] = [];
  const ask = (path: string) => {
    const response = newResponse();
    responses.push(response);
    return underWay.read(path, response, async () => new Uint8Array(64 * mebibyte));
  };
  for (const path of ["a", "b", "c", "d"]) expect(await ask(path)).toHaveLength(64 * mebibyte);
  expect(await ask("e")).toBe("too-many");
  expect(await ask("a")).toHaveLength(64 * mebibyte);
  for (const response of responses) response.emit("close");
  expect(await ask("e")).toHaveLength(64 * mebibyte);
});
