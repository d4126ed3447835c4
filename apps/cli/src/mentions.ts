import type { Location } from "@darksync/core/location";
import { paint } from "./paint.js";
import { countOf, someOf } from "./wording.js";

/** What to say of the definitions that still mention a name which is gone. */
export function describeMentions(users: readonly Location[], name: string): readonly string[] {
  if (users.length === 0) return [];
  const verb = users.length === 1 ? "mentions" : "mention";
  return [paint.yellow(`${countOf(users.length, "definition")} still ${verb} ${name}: `) + someOf(users, 3)];
}
