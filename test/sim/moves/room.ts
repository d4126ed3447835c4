import { ownerOf } from "@darksync/core/location";
import type { Move } from "../move.ts";
import { placesOf } from "../places.ts";
import { RoomGuest } from "../room-guest.ts";

const mostGuests = 2;

/** Somebody with a stock Yjs client goes into the room of a log, appends there, or leaves it. */
export const roomMove: Move = {
  name: "room",
  kind: "intent",
  weight: 5,
  run: (world, chance) => {
    const { guests } = world;
    const isNew = guests.length === 0 || (guests.length < mostGuests && chance.percent(20));
    if (isNew) {
      const log = `main/${ownerOf(chance.pick(placesOf(world)))}`;
      guests.push(new RoomGuest(world, `guest${guests.length + 1}`, log));
    }
    const guest = isNew ? guests.at(-1) : chance.pick(guests);
    if (guest === undefined) return;
    if (!guest.isIn) guest.enter();
    else if (chance.percent(15)) guest.leave();
    const location = chance.pick(placesOf(world).filter((place) => guest.log === `main/${ownerOf(place)}`));
    for (let count = chance.below(4); count > 0; count -= 1) {
      const message = `by ${guest.name} ${chance.below(3)}`;
      void guest.append({ type: "Deprecate", location, message, supersedes: [] });
    }
  },
};
