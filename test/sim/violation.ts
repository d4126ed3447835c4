/** Something that must never be. */
export class Violation extends Error {
  readonly checker: string;

  constructor(checker: string, message: string) {
    super(message);
    this.checker = checker;
  }
}

/** Thrown to whoever still runs in a process that is dead. */
export class ProcessDied extends Error {
  constructor() {
    super("the process is dead");
  }
}
