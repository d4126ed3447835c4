import type { ReplicaInput } from "@darksync/sync/replica-state";

/** What a relay may have sent that was not dealt with: a transport stops reading long before. */
const mostBytes = 64 * 1024 * 1024;
/** What a message takes beside its bytes. */
const inputBytes = 256;

interface Waiting {
  readonly input: ReplicaInput;
  readonly bytes: number;
  /** To be called when the input was dealt with. */
  readonly taken: () => void;
}

/** What a replica's side of a sync has to deal with, in order, and how much of it there is. */
export class InputQueue {
  #inputs: Waiting[] = [];
  #bytes = 0;

  /** Whether more waits than a relay has a reason to send. */
  get isTooLong(): boolean {
    return this.#bytes > mostBytes;
  }

  /** Fulfilled when the input was dealt with. `bytes`: what came from outside for it. */
  push(input: ReplicaInput, bytes = 0): Promise<void> {
    return new Promise((taken) => {
      this.#inputs.push({ input, bytes: bytes + inputBytes, taken });
      this.#bytes += bytes + inputBytes;
    });
  }

  shift(): Waiting | undefined {
    const next = this.#inputs.shift();
    this.#bytes -= next?.bytes ?? 0;
    return next;
  }

  clear(): void {
    this.#inputs = [];
    this.#bytes = 0;
  }
}
