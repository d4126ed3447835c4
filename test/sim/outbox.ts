import type { MemoryOutbox } from "@darksync/runtime/memory/memory-outbox";
import type { OutboxJournal } from "@darksync/runtime/store/outbox-journal";
import { StoreError } from "@darksync/runtime/store/store";
import type { Process } from "./process.ts";

/** An outbox as one process sees it: a dead one writes nothing, and on a full disk a part of what is added stays. */
export function outboxOf(outbox: MemoryOutbox, process: Process, isFull: () => boolean): OutboxJournal {
  return {
    size: () => outbox.size(),
    readEnd: (length) => outbox.readEnd(length),
    read: () => outbox.read(),
    append: (bytes) => {
      if (!process.reach()) return;
      if (isFull()) outbox.append(bytes.subarray(0, bytes.length >> 1));
      else outbox.append(bytes);
      if (isFull()) throw full;
    },
    replace: (parts) => {
      if (!process.reach()) return;
      if (isFull()) throw full;
      outbox.replace(parts);
    },
    close: () => {},
  };
}

const full = new StoreError("disk-full", "there is no room left", "free some space, then try again");
