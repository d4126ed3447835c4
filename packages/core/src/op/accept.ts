import { type AcceptanceOp, acceptanceOp } from "./acceptance-op.js";
import type { OpType } from "./op-type.js";

export type Accept = AcceptanceOp<"Accept">;

/** Says that a conflict record may stay as it is. Beside a concurrent `Reopen` it is open. */
export const accept: OpType<Accept> = acceptanceOp("Accept", 10, true);
