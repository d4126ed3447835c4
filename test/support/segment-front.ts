import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { onTestFinished } from "vitest";
import type { RelayProcess } from "./relay.js";

/** What becomes of the answer to a question for a segment. */
export interface Spoiling {
  /** The bytes that are sent in place of these. */
  readonly alter?: (bytes: Buffer) => Buffer;
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter?: number;
  readonly status?: number;
  /** Called when bytes of the body were sent. */
  readonly onSent?: () => void;
}

/** Stands before a relay: passes everything on, and spoils segments. */
export class SegmentFront {
  readonly url: string;
  /** Bytes of segments that were sent. */
  sentBytes = 0;
  /** What is done to the next answers. */
  spoil: () => Spoiling = () => ({});
  readonly #relay: RelayProcess;

  private constructor(relay: RelayProcess, server: Server) {
    this.#relay = relay;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async before(relay: RelayProcess): Promise<SegmentFront> {
    const server = createServer((question, answer) => front.#pass(question, answer));
    server.on("upgrade", (question, socket, head) => front.#upgrade(question, socket as Socket, head));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const front = new SegmentFront(relay, server);
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    return front;
  }

  #pass(question: IncomingMessage, answer: ServerResponse): void {
    const { url, method, headers } = question;
    const options = { port: this.#relay.port, path: url, method, headers };
    const forwarded = request(options, (got) => {
      const parts: Buffer[] = [];
      got.on("data", (part: Buffer) => parts.push(part));
      got.on("end", () => {
        const body = Buffer.concat(parts);
        if (/\/segments\/[0-9a-f]{64}$/.test(url ?? "")) this.#answer(got, body, answer);
        else answer.writeHead(got.statusCode ?? 500, got.headers).end(body);
      });
    });
    forwarded.on("error", () => answer.destroy());
    forwarded.end();
  }

  #answer(got: IncomingMessage, body: Buffer, answer: ServerResponse): void {
    const { alter = (bytes) => bytes, cutAfter, status, onSent } = this.spoil();
    const bytes = alter(body);
    answer.writeHead(status ?? got.statusCode ?? 500, { ...got.headers, "content-length": bytes.length });
    if (cutAfter === undefined || cutAfter >= bytes.length) {
      this.sentBytes += bytes.length;
      answer.end(bytes, onSent);
      return;
    }
    this.sentBytes += cutAfter;
    answer.write(bytes.subarray(0, cutAfter), () => {
      answer.destroy();
      onSent?.();
    });
    if (cutAfter === 0) answer.flushHeaders();
  }

  #upgrade({ url, headers }: IncomingMessage, socket: Socket, head: Buffer): void {
    const target = connect(this.#relay.port, "127.0.0.1", () => {
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
      target.write(`GET ${url} HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`);
      target.write(head);
      target.pipe(socket);
      socket.pipe(target);
    });
    for (const [one, other] of [
      [socket, target],
      [target, socket],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  }
}
