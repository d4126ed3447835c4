import { execFile, spawn } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Runs git on a repository and returns the lines it prints. */
export async function git(repository: string, ...args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await run("git", ["-C", repository, ...args], { maxBuffer: 2 ** 30 });
  return stdout.split("\n").filter((line) => line !== "");
}

/** Reads blobs by id, many by one process. */
export class BlobReader {
  readonly #child;
  readonly #waiting: { resolve: (text: string) => void; reject: (error: Error) => void }[] = [];
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #wantedBytes = 0;

  constructor(repository: string) {
    this.#child = spawn("git", ["-C", repository, "cat-file", "--batch"], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    this.#child.stdout.on("data", (data: Buffer) => this.#receive(data));
    this.#child.on("close", () => {
      for (const { reject } of this.#waiting) reject(new Error("git cat-file ended early"));
    });
  }

  read(id: string): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.#child.stdin.write(`${id}\n`);
    });
  }

  close(): void {
    this.#child.stdin.end();
  }

  // An answer is `<id> blob <bytes>`, a line break, that many bytes, a line break.
  #receive(data: Buffer): void {
    this.#received.push(data);
    this.#receivedBytes += data.length;
    if (this.#receivedBytes < this.#wantedBytes) return;
    let rest = Buffer.concat(this.#received);
    this.#wantedBytes = 0;
    for (;;) {
      const lineBreak = rest.indexOf(10);
      if (lineBreak === -1) break;
      const header = rest.toString("utf8", 0, lineBreak);
      const bytes = Number(/ blob (\d+)$/.exec(header)?.[1] ?? Number.NaN);
      const waiting = this.#waiting[0];
      if (Number.isNaN(bytes)) throw new Error(`git cat-file: ${header}`);
      this.#wantedBytes = lineBreak + 1 + bytes + 1;
      if (rest.length < this.#wantedBytes) break;
      this.#waiting.shift();
      waiting?.resolve(rest.toString("utf8", lineBreak + 1, lineBreak + 1 + bytes));
      rest = rest.subarray(this.#wantedBytes);
      this.#wantedBytes = 0;
    }
    this.#received = [rest];
    this.#receivedBytes = rest.length;
  }
}
