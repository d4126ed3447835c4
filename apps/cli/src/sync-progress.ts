import type { SyncCounts } from "@darksync/runtime/replica/sync-tally";

const quietMs = 1000;

/** What a sync over a second shows on a terminal; elsewhere and before that it shows nothing. */
export class SyncProgress {
  #counts: SyncCounts = { pushed: 0, pulled: 0, parked: 0 };
  #show: ((text: string) => void) | null = null;
  #hide: (() => void) | null = null;
  readonly #timer: NodeJS.Timeout | null;

  constructor(isWanted: boolean) {
    this.#timer =
      isWanted && process.stderr.isTTY ? setTimeout(() => void this.#begin(), quietMs).unref() : null;
  }

  readonly onProgress = (counts: SyncCounts): void => {
    this.#counts = counts;
    this.#show?.(this.#text());
  };

  end(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#hide?.();
    this.#show = null;
  }

  async #begin(): Promise<void> {
    // Loaded only here: most syncs are over before.
    const { spinner } = await import("@clack/prompts");
    const shown = spinner({ output: process.stderr, withGuide: false });
    shown.start(this.#text());
    this.#show = (text) => shown.message(text);
    this.#hide = () => shown.clear();
  }

  #text(): string {
    return `Syncing: ${this.#counts.pushed} pushed, ${this.#counts.pulled} pulled`;
  }
}
