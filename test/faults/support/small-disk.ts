import { execFileSync } from "node:child_process";
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const pageBytes = 4096;

/** A disk of its own that is small enough to be filled. */
export class SmallDisk {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Mounts one in memory; or the reason why that may not be. */
  static mount(mebibytes: number): SmallDisk | string {
    const folder = mkdtempSync(join(tmpdir(), "darksync-disk-"));
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", `size=${mebibytes}m`, "tmpfs", folder], { stdio: "pipe" });
      return new SmallDisk(folder);
    } catch (error) {
      rmSync(folder, { recursive: true });
      const reason = error instanceof Error ? (error.message.split("\n")[1] ?? error.message) : error;
      return `needs the right to mount a small disk (${reason})`;
    }
  }

  /** Fills it until so many pages of 4 KiB are left. */
  fillUpTo(pagesLeft: number): void {
    const ballast = openSync(this.#ballast, "w");
    try {
      // Whoever closes a file may give room back while this is at it.
      for (let pages = 0, excess = this.pagesLeft() - pagesLeft; excess !== 0; ) {
        if (excess > 0)
          writeSync(ballast, Buffer.alloc(excess * pageBytes, 1), 0, undefined, pages * pageBytes);
        pages += excess;
        if (pages < 0) throw new Error(`there is room for ${this.pagesLeft()} pages only`);
        ftruncateSync(ballast, pages * pageBytes);
        excess = this.pagesLeft() - pagesLeft;
      }
    } finally {
      closeSync(ballast);
    }
  }

  pagesLeft(): number {
    return statfsSync(this.folder).bavail;
  }

  makeRoom(): void {
    rmSync(this.#ballast, { force: true });
  }

  unmount(): void {
    execFileSync("umount", ["-l", this.folder]);
    rmSync(this.folder, { recursive: true });
  }

  get #ballast(): string {
    return join(this.folder, "ballast");
  }
}
