import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync } from "node:fs";
import { git, gitEnvironment, startGitDaemon } from "./git-world.ts";
import type { Running } from "./processes.ts";
import type { Member, Side } from "./side.ts";

/** `git daemon` over one repository in which a room is a branch: one commit an op, made by `git fast-import`. */
export class GitSide implements Side {
  readonly name = "git";
  readonly acknowledgement =
    "the exit of `git push` (by default packs are fsynced, but neither loose objects of small pushes nor the branch)";
  readonly share = 0.1;
  readonly #dataOf = new Map<number, string>();
  #members = 0;

  async start(data: string): Promise<Running> {
    mkdirSync(data, { recursive: true });
    await git(data, "init", "-q", "--bare", "-b", "main", "server.git");
    const daemon = await startGitDaemon(data);
    this.#dataOf.set(daemon.port, data);
    return {
      process: daemon.process,
      port: daemon.port,
      usage: () => Promise.reject(new Error("git daemon is no Node process")),
      stop: () => daemon.stop(),
    };
  }

  async join(port: number, room: string): Promise<Member> {
    const folder = await this.#newRepository(port, "member");
    const url = urlOf(port);
    let isFirst = true;
    return {
      write: async (ops) => {
        await commit(folder, ops, isFirst);
        isFirst = false;
        await git(folder, "push", "-q", url, `main:refs/heads/${room}`);
      },
      prepare: () => Promise.reject(new Error("git has no readers")),
      snapshot: () => null,
      close: () => {},
    };
  }

  rejoin(): Promise<never> {
    return Promise.reject(new Error("git has no connections that stay"));
  }

  async count(port: number, room: string): Promise<number> {
    const folder = await this.#newRepository(port, "newcomer");
    const found = await git(folder, "ls-remote", urlOf(port), `refs/heads/${room}`);
    if (found === "") return 0;
    await git(folder, "fetch", "-q", urlOf(port), room);
    return Number(await git(folder, "rev-list", "--count", "FETCH_HEAD"));
  }

  async #newRepository(port: number, what: string): Promise<string> {
    this.#members += 1;
    const folder = `${this.#dataOf.get(port)}-${what}-${this.#members}`;
    mkdirSync(folder, { recursive: true });
    await git(folder, "init", "-q", "--bare", "-b", "main", ".");
    return folder;
  }
}

function urlOf(port: number): string {
  return `git://127.0.0.1:${port}/server.git`;
}

async function commit(folder: string, ops: readonly Uint8Array[], isFirst: boolean): Promise<void> {
  const child = spawn("git", ["-C", folder, "fast-import", "--quiet"], {
    stdio: ["pipe", "ignore", "inherit"],
    env: gitEnvironment,
  });
  const exited = once(child, "exit");
  for (const [index, op] of ops.entries()) {
    const parent = index === 0 && !isFirst ? "from refs/heads/main^0\n" : "";
    const head = `commit refs/heads/main\ncommitter Bench <bench@example.com> 1750000000 +0000\ndata 4\nedit\n`;
    child.stdin.write(`${head}${parent}M 100644 inline op${index % 97}\ndata ${op.length}\n`);
    child.stdin.write(op);
    child.stdin.write("\n");
  }
  child.stdin.end();
  const [code] = await exited;
  if (code !== 0) throw new Error(`git fast-import ended with ${code}`);
}
