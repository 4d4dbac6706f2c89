import type { Scenario } from '../stage.ts';
import { killOne } from './f01-kill-one.ts';
import { killAll } from './f02-kill-all.ts';
import { poisonJob } from './f03-poison.ts';
import { drain } from './f04-drain.ts';
import { stopStart } from './f05-stop-start.ts';
import { freeze } from './f06-freeze.ts';
import { blockedLoop } from './f07-blocked-loop.ts';
import { redisAway } from './f08-redis-away.ts';
import { redisRestarts } from './f09-redis-restarts.ts';
import { powerLossAlways, powerLossEverysec } from './f10-power-loss.ts';
import { loading } from './f11-loading.ts';
import { scriptFlush } from './f12-script-flush.ts';
import { memoryFull } from './f13-memory-full.ts';
import { evicting } from './f14-evicting.ts';
import { diskFullAlways, diskFullEverysec } from './f15-disk-full.ts';
import { cutOff } from './f16-cut-off.ts';
import { resets } from './f17-resets.ts';
import { slowLine } from './f18-slow-line.ts';
import { wrongClock } from './f19-wrong-clock.ts';
import { emptyRedis } from './f20-empty-redis.ts';
import { killProducer } from './f21-kill-producer.ts';
import { replicas } from './f22-replicas.ts';
import { memoryLimit } from './f23-memory-limit.ts';
import { postgresTroubles } from './f24-postgres.ts';
import { stuckLoop } from './f25-stuck-loop.ts';
import { hollowSuccess } from './f26-hollow-success.ts';
import { unknownType } from './f27-unknown-type.ts';
import { masses } from './f28-masses.ts';

/** The matrix, in the order of the table. */
export const scenarios: readonly Scenario[] = [
  killOne,
  killAll,
  poisonJob,
  drain,
  stopStart,
  freeze,
  blockedLoop,
  redisAway,
  redisRestarts,
  powerLossEverysec,
  powerLossAlways,
  loading,
  scriptFlush,
  memoryFull,
  evicting,
  diskFullEverysec,
  diskFullAlways,
  cutOff,
  resets,
  slowLine,
  wrongClock,
  emptyRedis,
  killProducer,
  replicas,
  memoryLimit,
  postgresTroubles,
  stuckLoop,
  hollowSuccess,
  unknownType,
  masses,
];
