import { createScript } from '../../redis/script.ts';

const NOW = `local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = math.floor(micros / 1000)`;

/**
 * none -> waiting, for many at once. Cost: one push.
 * KEYS[1] list. ARGV cap, entries. Reply: how many of the entries were pushed, from the first on.
 */
export const push = createScript(
  'brpop-push',
  `local room = tonumber(ARGV[1]) - redis.call('LLEN', KEYS[1])
local count = math.min(room, #ARGV - 1)
for i = 1, count do redis.call('LPUSH', KEYS[1], ARGV[i + 1]) end
return math.max(count, 0)`,
);

/**
 * Shows what a worker took out of the list: the list itself no longer knows.
 * KEYS[1] active, KEYS[2] totals. ARGV local id, record, lease ms. Reply: server time in ms.
 */
export const showActive = createScript(
  'brpop-show-active',
  `#!lua flags=allow-oom
${NOW}
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('HINCRBY', KEYS[2], 'taken', 1)
return now`,
);

/**
 * active -> a final state, with the limits on what is kept. A repeat finds the record and changes nothing.
 * KEYS[1] active, [2] finished, [3] totals, [4..7] completed, dead, cancelled, abandoned; [3 + ARGV state] is the target.
 * ARGV local id, record, state as 1..4, counter to raise, failed attempts to add, then keep: count, age in ms, bytes.
 * Reply: 1 when it was recorded now, 0 when it had been. Cost: one write, and what is pruned.
 */
export const finish = createScript(
  'brpop-finish',
  `#!lua flags=allow-oom
${NOW}
redis.call('HDEL', KEYS[1], ARGV[1])
if redis.call('HSETNX', KEYS[2], ARGV[1], ARGV[2]) == 0 then return 0 end
local target = KEYS[3 + tonumber(ARGV[3])]
redis.call('ZADD', target, string.format('%d', micros), ARGV[1])
redis.call('HINCRBY', KEYS[3], ARGV[4], 1)
if ARGV[5] ~= '0' then redis.call('HINCRBY', KEYS[3], 'failedAttempts', ARGV[5]) end
local bytes = redis.call('HINCRBY', KEYS[3], 'bytes', #ARGV[2])
for i = 4, 7 do
  while true do
    local oldest = redis.call('ZRANGE', KEYS[i], 0, 0, 'WITHSCORES')
    if #oldest == 0 then break end
    local isOld = tonumber(oldest[2]) / 1000 + tonumber(ARGV[7]) <= now
    if not isOld and redis.call('ZCARD', KEYS[i]) <= tonumber(ARGV[6]) and bytes <= tonumber(ARGV[8]) then break end
    bytes = redis.call('HINCRBY', KEYS[3], 'bytes', -redis.call('HSTRLEN', KEYS[2], oldest[1]))
    redis.call('HDEL', KEYS[2], oldest[1])
    redis.call('ZREM', KEYS[i], oldest[1])
  end
end
return 1`,
);

/**
 * active -> waiting: back to the end that is popped next.
 * KEYS[1] active, [2] list, [3] totals, [4] mark of this hand-back. ARGV local id, entry.
 * Reply: 1 when it was pushed now, 0 when it had been.
 */
export const giveBack = createScript(
  'brpop-give-back',
  `#!lua flags=allow-oom
redis.call('HDEL', KEYS[1], ARGV[1])
if not redis.call('SET', KEYS[4], '1', 'NX', 'PX', 60000) then return 0 end
redis.call('RPUSH', KEYS[2], ARGV[2])
redis.call('HINCRBY', KEYS[3], 'redelivered', 1)
return 1`,
);

/**
 * Forgets a finished job. KEYS[1] finished, [2] totals, [3..6] final states. ARGV local id. Reply: 1 when there was one.
 */
export const forget = createScript(
  'brpop-forget',
  `#!lua flags=allow-oom
local size = redis.call('HSTRLEN', KEYS[1], ARGV[1])
if redis.call('HDEL', KEYS[1], ARGV[1]) == 0 then return 0 end
redis.call('HINCRBY', KEYS[2], 'bytes', -size)
for i = 3, 6 do redis.call('ZREM', KEYS[i], ARGV[1]) end
return 1`,
);
