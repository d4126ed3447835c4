import type { Move } from "./move.ts";
import {
  branchArchiveMove,
  branchCreateMove,
  branchRenameMove,
  branchShareMove,
  branchSwitchMove,
  mergeMove,
  rebaseMove,
} from "./moves/branch.ts";
import { clockMove } from "./moves/clock.ts";
import { corruptMove, cutMove, partitionMove, silenceMove, slowNetworkMove } from "./moves/connection.ts";
import { absenceMove, crashMove, powerMove, relayCrashMove } from "./moves/crash.ts";
import { damageMove } from "./moves/damage.ts";
import { deprecateMove } from "./moves/deprecate.ts";
import { diskFullMove, relayDiskFullMove, relayRestoreMove, restoreMove } from "./moves/disk.ts";
import { evictMove } from "./moves/evict.ts";
import { invalidChangeMove, newerFormatMove, newerOpMove } from "./moves/foreign-change.ts";
import { hostileMove } from "./moves/hostile.ts";
import { hostileMemberMove } from "./moves/hostile-member.ts";
import { importMove } from "./moves/import.ts";
import { lookMove } from "./moves/look.ts";
import { otherRelayMove } from "./moves/other-relay.ts";
import { applyBundleMove, discardMove, queueMoveMove, retryMove } from "./moves/queue.ts";
import { removeMove } from "./moves/remove.ts";
import { renameMove } from "./moves/rename.ts";
import { planMove, resolveAllMove, resolveMove } from "./moves/resolve.ts";
import { roomMove } from "./moves/room.ts";
import { saveMove } from "./moves/save.ts";
import { syncMove } from "./moves/sync.ts";
import { syncFullMove } from "./moves/sync-full.ts";
import { undoMove } from "./moves/undo.ts";
import { upgradeMove } from "./moves/upgrade.ts";
import { watchMove } from "./moves/watch.ts";

/** All that may happen in a run. A new one is a file in `moves/` and a line here, at the end. */
export const moves: readonly Move[] = [
  saveMove,
  syncMove,
  watchMove,
  renameMove,
  removeMove,
  undoMove,
  deprecateMove,
  importMove,
  branchCreateMove,
  branchSwitchMove,
  branchShareMove,
  branchRenameMove,
  branchArchiveMove,
  rebaseMove,
  mergeMove,
  resolveMove,
  resolveAllMove,
  planMove,
  syncFullMove,
  discardMove,
  applyBundleMove,
  queueMoveMove,
  retryMove,
  otherRelayMove,
  newerOpMove,
  newerFormatMove,
  invalidChangeMove,
  cutMove,
  silenceMove,
  corruptMove,
  partitionMove,
  slowNetworkMove,
  crashMove,
  absenceMove,
  relayCrashMove,
  clockMove,
  diskFullMove,
  relayDiskFullMove,
  restoreMove,
  relayRestoreMove,
  hostileMove,
  powerMove,
  damageMove,
  evictMove,
  hostileMemberMove,
  upgradeMove,
  roomMove,
  lookMove,
];
