import type { Device } from "./device.ts";
import type { World } from "./world.ts";

/** Something that must hold. What a check finds wrong, it says. */
export interface Check {
  readonly name: string;
  /** Looks at a device that stored something in the step before. */
  readonly step?: (world: World, device: Device) => string | null;
  /** Looks at everything when all is healed and quiet. */
  readonly end?: (world: World) => Promise<string | null> | string | null;
}
