import { type AddDefinition, addDefinition } from "./add-definition.js";
import type { OpType } from "./op-type.js";

export type AddFn = AddDefinition<"AddFn">;

/** Brings the text of a function. */
export const addFn: OpType<AddFn> = addDefinition("AddFn", 1, "fn");
