import type { DefinitionText } from "../definition.js";
import type { Op } from "./op.js";

/** The text of a definition that an op brings, or null if it brings none. */
export function textOfOp(op: Op): DefinitionText | null {
  switch (op.type) {
    case "AddFn":
      return { kind: "fn", head: op.head, tail: op.tail };
    case "AddType":
      return { kind: "type", head: op.head, tail: op.tail };
    case "AddValue":
      return { kind: "value", head: op.head, tail: op.tail };
    default:
      return null;
  }
}
