import { type AddDefinition, addDefinition } from "./add-definition.js";
import type { OpType } from "./op-type.js";

export type AddValue = AddDefinition<"AddValue">;

/** Brings the text of a value. */
export const addValue: OpType<AddValue> = addDefinition("AddValue", 3, "value");
