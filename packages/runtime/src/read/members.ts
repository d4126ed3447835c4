import { greatest } from "@darksync/core/deprecation";
import type { ReplicaTables } from "../store/store.js";

const shortKeyDigits = 8;

/** Names of devices' members, for one reading. */
export class Authors {
  readonly #tables: ReplicaTables;
  readonly #names = new Map<string, string>();

  constructor(tables: ReplicaTables) {
    this.#tables = tables;
  }

  /**
   * The name of a device's member. It comes from what the key itself signed (P3); where two keys claim one name,
   * both are shown with the beginning of their keys.
   */
  nameOf(device: string): string {
    const known = this.#names.get(device);
    if (known !== undefined) return known;
    const name = authorOf(this.#tables, device);
    this.#names.set(device, name);
    return name;
  }
}

/** The name of a device's member, where only one is asked for. */
export function authorOf(tables: ReplicaTables, device: string): string {
  const name = memberOf(tables, device);
  if (name === null) return `device ${device.slice(0, shortKeyDigits)}`;
  const hasNamesake = tables.packages
    .registers("device")
    .some(({ key, heads }) => key !== device && greatest(heads)?.value.member === name);
  return hasNamesake ? `${name} (${device.slice(0, shortKeyDigits)})` : name;
}

export function memberOf(tables: ReplicaTables, device: string): string | null {
  return greatest(tables.packages.heads({ type: "device", key: device }))?.value.member ?? null;
}

/** The owner namespaces of the space: created ones and those that something was saved in, in order. */
export function listOwners(tables: ReplicaTables): readonly string[] {
  const created = tables.packages.registers("namespace").map(({ key }) => key);
  const logs = [...tables.blocks.logs(), ...tables.changes.logsWithUnsigned()];
  const saved = logs.filter((log) => log.startsWith("main/")).map((log) => log.slice("main/".length));
  return [...new Set([...created, ...saved])].sort();
}
