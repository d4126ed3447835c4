import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `git merge-file -p` on texts, through files of a folder of its own. */
export class MergeFile {
  readonly #folder = mkdtempSync(join(tmpdir(), "darksync-merge-"));

  /** The merged text, or null where git leaves conflict marks. The last line has a line break for git's eyes only. */
  merge(base: string, ours: string, theirs: string): string | null {
    const paths = [ours, base, theirs].map((text, index) => {
      const path = join(this.#folder, `${index}`);
      writeFileSync(path, `${text}\n`);
      return path;
    });
    const { status, stdout, error } = spawnSync("git", ["merge-file", "-p", ...paths], {
      encoding: "utf8",
      maxBuffer: 2 ** 28,
    });
    if (error !== undefined) throw error;
    // It exits with the number of conflicts, up to 127; 255 is a failure.
    if (status === null || status > 127) throw new Error(`git merge-file ended with ${status}`);
    return status === 0 ? stdout.slice(0, -1) : null;
  }

  close(): void {
    rmSync(this.#folder, { recursive: true });
  }
}
