import type { BlockPorts } from "@darksync/core/block";

/** How many bytes of changes one admission unpacks at most, so that a small message cannot fill the memory. */
export const maxExpandedBytes: number = 64 * 1024 * 1024;
/**
 * How much of that may be without a good signature at a time. A payload has to be unpacked before its signature can be
 * checked, so this is what a forger can make us pay for.
 */
export const maxUnsignedBytes: number = 4 * 1024 * 1024;

/** What is left to be unpacked in one admission. */
export class ExpansionBudget {
  #left = maxExpandedBytes;
  #unsignedLeft = maxUnsignedBytes;

  /** Whether so many bytes may be unpacked now; takes them. */
  take(bytes: number): boolean {
    if (bytes > this.#left || bytes > this.#unsignedLeft) return false;
    this.#left -= bytes;
    this.#unsignedLeft -= bytes;
    return true;
  }

  /** Gives back what was taken for a block that is held already: nothing of it is kept. */
  giveBack(bytes: number): void {
    this.#left += bytes;
    this.#unsignedLeft += bytes;
  }

  /** Bytes that were taken turned out to be signed. */
  vouch(bytes: number): void {
    this.#unsignedLeft += bytes;
  }
}

/** What opening blocks takes, and how much of it there is. */
export interface BudgetedPorts extends BlockPorts {
  readonly budget: ExpansionBudget;
}
