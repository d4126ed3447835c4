import type { Check } from "./check.ts";
import { agreement } from "./checks/agreement.ts";
import { doctor } from "./checks/doctor.ts";
import { honesty } from "./checks/honesty.ts";
import { joiner } from "./checks/joiner.ts";
import { listedOnce } from "./checks/listed-once.ts";
import { partial } from "./checks/partial.ts";
import { past } from "./checks/past.ts";
import { rooms } from "./checks/rooms.ts";
import { saves } from "./checks/saves.ts";

/** All that must hold. A new one is a file in `checks/`, a line here, and a canary that it catches. */
export const checks: readonly Check[] = [
  honesty,
  saves,
  agreement,
  doctor,
  listedOnce,
  partial,
  rooms,
  past,
  joiner,
];
