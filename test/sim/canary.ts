import { readFacts } from "@darksync/runtime/replica/replica";
import type { ReplicaTables } from "@darksync/runtime/store/store";
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
import type { Device } from "./device.ts";
import { overriding } from "./overriding.ts";
import type { World } from "./world.ts";

/** A break that is put into a run on purpose, and what must find it. */
export interface Canary {
  readonly name: string;
  /** The name of the checker that must find it. */
  readonly checker: string;
  readonly checks: readonly Check[];
  readonly sabotage: (world: World) => void;
}

/** Every check has one, and so have the violations that the run itself finds. */
export const canaries: readonly Canary[] = [
  {
    name: "a device holds for durable what it only sent",
    checker: "honesty",
    checks: [honesty],
    sabotage: (world) => ofDevices(world, (tables) => ({ ...tables, durable: boasting(tables) })),
  },
  {
    name: "a relay says that a block is durable before it is flushed",
    checker: "honesty",
    checks: [honesty],
    sabotage: ({ relays }) => {
      for (const relay of relays) relay.flushesLie = true;
    },
  },
  {
    name: "a disk forgets a save that it confirmed",
    checker: "saves",
    checks: [saves],
    sabotage: (world) => onEachDevice(world, forgetSome),
  },
  {
    name: "one device does not see what is at one place",
    checker: "agreement",
    checks: [agreement],
    sabotage: (world) => ofDevices(world, blindTo("Acme.a"), ({ devices }, device) => devices[1] === device),
  },
  {
    name: "what is shown is not what the changes come to",
    checker: "doctor",
    checks: [doctor],
    sabotage: (world) => ofDevices(world, blindTo("Acme.a")),
  },
  {
    name: "all are wrong in the same way, but for who joins",
    checker: "joiner",
    checks: [joiner],
    sabotage: (world) => ofDevices(world, blindTo("Acme.a"), (_, { member }) => member !== "Zoe"),
  },
  {
    name: "who keeps one owner's packages alone does not see what is at one place",
    checker: "partial",
    checks: [partial],
    sabotage: (world) =>
      ofDevices(world, (tables) =>
        readFacts(tables).only.length > 0 ? blindTo("Acme.a")(blindTo("Beta.c")(tables)) : tables,
      ),
  },
  {
    name: "a room does not show what is appended",
    checker: "rooms",
    checks: [rooms],
    sabotage: ({ relays }) => {
      for (const relay of relays) relay.roomsHide = true;
    },
  },
  {
    name: "a relay gives nothing of what it has sealed back",
    checker: "past",
    checks: [past],
    sabotage: (world) => {
      for (const relay of world.relays)
        Object.defineProperty(relay, "segmentsGone", { get: () => world.isHealed });
    },
  },
  {
    name: "a conflict is not listed",
    checker: "listed-once",
    checks: [listedOnce],
    sabotage: (world) =>
      ofDevices(world, (tables) => ({
        ...tables,
        packages: overriding(tables.packages, { conflicts: () => tables.packages.conflicts().slice(1) }),
      })),
  },
  {
    name: "a network stays down",
    checker: "quiet",
    checks: [],
    sabotage: (world) =>
      onEachDevice(world, ({ network }) => {
        world.agenda.after(1000, () =>
          Object.defineProperty(network, "isDown", { get: () => true, set: () => {} }),
        );
      }),
  },
  {
    name: "something goes on for ever",
    checker: "endless",
    checks: [],
    sabotage: ({ agenda }) => {
      const again = () => void agenda.after(0, again);
      again();
    },
  },
  {
    name: "a store throws what nobody expects",
    checker: "unexpected-error",
    checks: [],
    sabotage: (world) =>
      ofDevices(world, (tables) => {
        if (world.agenda.nowMs > 2000) throw new Error("a canary");
        return tables;
      }),
  },
];

/** Lets the world's devices, those that fit, run on tables that are not right. */
function ofDevices(
  world: World,
  change: (tables: ReplicaTables) => ReplicaTables,
  fits: (world: World, device: Device) => boolean = () => true,
): void {
  onEachDevice(world, (device) => {
    const open = device.disk.open.bind(device.disk);
    device.disk.open = (process, onCommit) => {
      const store = open(process, onCommit);
      if (!fits(world, device)) return store;
      return {
        ...store,
        write: (work) => store.write((tables) => work(change(tables))),
        read: (work) => store.read((tables) => work(change(tables))),
      };
    };
  });
}

function onEachDevice(world: World, work: (device: Device) => void): void {
  const add = world.addDevice.bind(world);
  world.addDevice = (member) => {
    const device = add(member);
    work(device);
    return device;
  };
}

function boasting({ blocks, durable }: ReplicaTables): ReplicaTables["durable"] {
  return overriding(durable, {
    setDurable: (log) =>
      durable.setDurable(log, new Map([...blocks.tips(log)].map(([stream, { seq }]) => [stream, seq]))),
  });
}

function blindTo(location: string): (tables: ReplicaTables) => ReplicaTables {
  return (tables) => ({
    ...tables,
    packages: overriding(tables.packages, {
      setHeads: (register, heads) => {
        if (register.type !== "name" || register.key !== location) tables.packages.setHeads(register, heads);
      },
      setNameView: (place, view) => {
        if (place !== location) tables.packages.setNameView(place, view);
      },
    }),
  });
}

/** From its tenth write on, every tenth is undone, and confirmed. */
function forgetSome({ disk }: Device): void {
  const open = disk.open.bind(disk);
  let writes = 0;
  disk.open = (process, onCommit) => {
    const store = open(process, onCommit);
    return {
      ...store,
      write: (work) => {
        writes += 1;
        if (writes % 10 !== 0) return store.write(work);
        type Result = Awaited<ReturnType<typeof work>>;
        const kept: { value?: Result } = {};
        const undone = store.write((tables) => {
          kept.value = work(tables) as Result;
          throw new Error("forgotten");
        });
        return undone.catch(() => kept.value as Result);
      },
    };
  };
}
