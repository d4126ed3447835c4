import type { Move } from "./move.ts";
import { cutMove } from "./moves/cut.ts";
import { saveMove } from "./moves/save.ts";
import { syncMove } from "./moves/sync.ts";

/** All that may happen in a run. A new one is a file in `moves/` and a line here, at the end of its list. */
export const moves: readonly Move[] = [saveMove, syncMove, cutMove];
