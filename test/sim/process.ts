/** A process of a device or a relay. It can die between any two effects; what still runs in it then reaches nothing. */
export class Process {
  isAlive = true;
  readonly #onDeath: () => void;
  #effectsLeft: number | null = null;

  /** `onDeath` is called once. */
  constructor(onDeath: () => void) {
    this.#onDeath = onDeath;
  }

  /** Lets it die at the effect after so many more. */
  dieAfter(effects: number): void {
    this.#effectsLeft = effects;
  }

  /** Calls off what `dieAfter` said. */
  stay(): void {
    this.#effectsLeft = null;
  }

  /** Counts an effect that is about to happen, or just happened; false if the process is dead. */
  reach(): boolean {
    if (!this.isAlive) return false;
    if (this.#effectsLeft === null) return true;
    if (this.#effectsLeft === 0) this.die();
    else this.#effectsLeft -= 1;
    return this.isAlive;
  }

  die(): void {
    if (!this.isAlive) return;
    this.isAlive = false;
    this.#onDeath();
  }
}

/** What a call comes to that a dead process made: nothing ever. */
export function never<Value>(): Promise<Value> {
  return new Promise(() => {});
}
