import type { Op } from "@darksync/core/op/op";
import { type Result, success } from "@darksync/core/result";
import { authLog } from "@darksync/sync/wanted";
import { Commit } from "./commit-change.js";
import type { Replica } from "./replica.js";

/** Who and what a new replica is for. */
export interface NewReplica {
  /** Id of the space, hex; empty for one that will join its relay's. */
  readonly space: string;
  readonly member: string;
  readonly owners: readonly string[];
  readonly relay: string | null;
  /** Owners to keep; empty: all. */
  readonly only: readonly string[];
}

/** Makes the first entries of a new replica: whose device it is, and its owner namespaces. Works with no network. */
export function createReplica(replica: Replica, made: NewReplica): Promise<Result<null>> {
  return replica.store.write((tables): Result<null> => {
    const { meta } = tables;
    meta.set("space", made.space === "" ? null : made.space);
    meta.set("member", made.member);
    meta.set("relay", made.relay);
    meta.set("only", JSON.stringify(made.only));
    const ops: Op[] = [
      { type: "IntroduceDevice", member: made.member, supersedes: [] },
      ...made.owners.map((owner): Op => ({ type: "CreateNamespace", owner, supersedes: [] })),
    ];
    const commit = new Commit(replica, tables);
    const added = commit.add(authLog, ops);
    commit.finish();
    return added.ok ? success(null) : added;
  });
}
