import type { Relay } from "@darksync/runtime/relay/relay";
import type { RelayCounts } from "@darksync/runtime/relay/relay-space";
import type { RelaySpaces, RelayStore } from "@darksync/runtime/store/store";
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";

const counters = {
  blocksAdmitted: ["darksync_blocks_admitted_total", "Blocks stored."],
  blocksRepeated: [
    "darksync_blocks_repeated_total",
    "Blocks that came again; a cut repeats at most a batch.",
  ],
  blocksRefused: ["darksync_blocks_refused_total", "Blocks refused for good."],
  changesAdmitted: ["darksync_changes_admitted_total", "Changes in the blocks stored."],
  commits: ["darksync_commits_total", "Transactions that stored what clients sent."],
  segmentsSealed: ["darksync_segments_sealed_total", "Segments sealed since the relay was started."],
  bytesSealed: ["darksync_sealed_bytes_total", "Bytes of the segments sealed since the relay was started."],
} as const satisfies Record<keyof RelayCounts, readonly [name: string, help: string]>;

/** Seconds: a commit on a good disk takes a few milliseconds. */
const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

/** What Prometheus can ask of a relay. */
export class RelayMetrics {
  readonly #registry = new Registry();
  readonly #commitSeconds: Histogram;
  readonly #durableSeconds: Histogram;

  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    this.#commitSeconds = new Histogram({
      name: "darksync_commit_seconds",
      help: "How long transactions that write take.",
      buckets: durationBuckets,
      registers: [this.#registry],
    });
    this.#durableSeconds = new Histogram({
      name: "darksync_durable_seconds",
      help: "How long those who wait for the disk wait.",
      buckets: durationBuckets,
      registers: [this.#registry],
    });
  }

  /** The spaces, with their writes timed. */
  timed(spaces: RelaySpaces): RelaySpaces {
    const stores = new WeakMap<RelayStore, RelayStore>();
    const timedOf = (store: RelayStore): RelayStore => {
      const known = stores.get(store) ?? this.#timedStore(store);
      stores.set(store, known);
      return known;
    };
    return {
      list: () => spaces.list(),
      open: (space) => {
        const store = spaces.open(space);
        return store === null ? null : timedOf(store);
      },
      create: (space) => timedOf(spaces.create(space)),
      close: () => spaces.close(),
    };
  }

  /** Begins to count what a relay does. */
  watch(relay: Relay, connections: () => number): void {
    this.#watchDamage(relay);
    const registers = [this.#registry];
    for (const [key, [name, help]] of Object.entries(counters)) {
      new Counter({
        name,
        help,
        registers,
        collect() {
          this.reset();
          this.inc(relay.counts[key as keyof RelayCounts]);
        },
      });
    }
    new Gauge({
      name: "darksync_connections",
      help: "Open connections of clients and providers.",
      registers,
      collect() {
        this.set(connections());
      },
    });
    new Gauge({
      name: "darksync_spaces",
      help: "Spaces kept here.",
      registers,
      collect() {
        this.set(relay.ports.spaces.list().length);
      },
    });
  }

  /** The text that Prometheus reads. */
  text(): Promise<string> {
    return this.#registry.metrics();
  }

  #watchDamage(relay: Relay): void {
    new Gauge({
      name: "darksync_damaged_spaces",
      help: "Spaces that are refused since their database is damaged; the log says which.",
      registers: [this.#registry],
      collect() {
        this.set(relay.damagedCount);
      },
    });
  }

  #timedStore(store: RelayStore): RelayStore {
    return {
      write: async (work) => {
        const stop = this.#commitSeconds.startTimer();
        try {
          return await store.write(work);
        } finally {
          stop();
        }
      },
      read: (work) => store.read(work),
      durable: async () => {
        const stop = this.#durableSeconds.startTimer();
        try {
          await store.durable();
        } finally {
          stop();
        }
      },
      close: () => store.close(),
    };
  }
}
