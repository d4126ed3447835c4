import { noCounts, type SyncCounts } from "@darksync/runtime/replica/sync-tally";
import { byteText } from "./byte-text.js";

const quietMs = 1000;

/** What a sync is about, as far as it is known before it begins. */
export interface SyncProgressOptions {
  /** Whether anything is to be shown, on a terminal. */
  readonly isWanted: boolean;
  readonly what: "Syncing" | "Joining";
  /** How many changes the relay lacks. */
  readonly pending: number;
}

/** What a sync over a second shows on a terminal; elsewhere and before that it shows nothing. */
export class SyncProgress {
  readonly #options: SyncProgressOptions;
  #counts: SyncCounts = noCounts;
  #show: ((text: string) => void) | null = null;
  #hide: (() => void) | null = null;
  readonly #timer: NodeJS.Timeout | null;

  constructor(options: SyncProgressOptions) {
    this.#options = options;
    this.#timer =
      options.isWanted && process.stderr.isTTY ? setTimeout(() => void this.#begin(), quietMs).unref() : null;
  }

  readonly onProgress = (counts: SyncCounts): void => {
    this.#counts = counts;
    this.#show?.(syncProgressText(this.#options, counts));
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
    shown.start(syncProgressText(this.#options, this.#counts));
    this.#show = (text) => shown.message(text);
    this.#hide = () => shown.clear();
  }
}

/** How far a sync is, in a line. */
export function syncProgressText(
  { what, pending }: Pick<SyncProgressOptions, "what" | "pending">,
  { pushed, pulled, fetchedBytes, wantedBytes }: SyncCounts,
): string {
  const push = pending > pushed ? `${pushed} of ${pending} pushed` : `${pushed} pushed`;
  const parts = [
    ...(what === "Joining" ? [] : [push]),
    ...(wantedBytes > 0 ? [`${byteText(fetchedBytes)} of ${byteText(wantedBytes)} of history here`] : []),
    `${pulled} pulled`,
  ];
  return `${what}: ${parts.join(", ")}`;
}
