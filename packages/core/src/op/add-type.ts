import { type AddDefinition, addDefinition } from "./add-definition.js";
import type { OpType } from "./op-type.js";

export type AddType = AddDefinition<"AddType">;

/** Brings the text of a type. */
export const addType: OpType<AddType> = addDefinition("AddType", 2, "type");
