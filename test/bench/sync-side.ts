/** Bytes over the wire beyond HTTP heads, and how often the direction turned from up to down. */
export interface Traffic {
  readonly up: number;
  readonly down: number;
  readonly turns: number;
}

/** Two copies of one history, each on its own disk, and the commands that bring them together, as processes. */
export interface SyncSide {
  readonly name: string;
  /** How many ops (edits) the history has. */
  readonly ops: number;
  /** A new copy on an empty disk: milliseconds from the start of the process to its exit. `dir` is for its files. */
  clone(dir: string): Promise<number>;
  /** What a clone costs on the wire. */
  cloneTraffic(dir: string): Promise<Traffic>;
  /** 1,000 edits come in and 1,000 go out: milliseconds of the process, and the traffic of another run of it. */
  catchUp(dir: string): Promise<{ readonly ms: number; readonly traffic: Traffic }>;
  /** A sync with nothing new on either side. */
  idleSync(dir: string): Promise<{ readonly ms: number; readonly traffic: Traffic }>;
  /** One look-up as a process, milliseconds. */
  lookUp(): Promise<number>;
}

/** Edits that wait on each side before a catch-up. */
export const newEdits = 1000;
