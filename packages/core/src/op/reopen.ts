import { type AcceptanceOp, acceptanceOp } from "./acceptance-op.js";
import type { OpType } from "./op-type.js";

export type Reopen = AcceptanceOp<"Reopen">;

/** Takes the acceptance of a conflict record back. */
export const reopen: OpType<Reopen> = acceptanceOp("Reopen", 11, false);
