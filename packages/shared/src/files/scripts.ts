import { createScript } from '../redis/script.ts';

/**
 * Files in Redis. Every key carries the hash tag `{files}`, so that the quota is counted in one place.
 *
 * | key | type | holds |
 * |---|---|---|
 * | `<prefix>:{files}:sizes` | hash | id -> bytes stored so far |
 * | `<prefix>:{files}:expiry` | zset | id -> end of its life, epoch ms |
 * | `<prefix>:{files}:total` | string | sum of `sizes` |
 * | `<prefix>:{files}:m:<id>` | hash | name, type, bytes, sha256, pieces |
 * | `<prefix>:{files}:d:<id>` | hash | number of the piece -> its bytes |
 *
 * What an upload has stored so far has an id and a life of its own, so a producer that dies half-way leaves nothing for
 * good. `m` and `d` also have a TTL of Redis; `sizes`, `expiry` and `total` follow at the next upload.
 *
 * KEYS of every script: sizes, expiry, total. Their common beginning leads to the other two.
 */
const COMMON = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local prefix = string.sub(KEYS[1], 1, -6)
local function drop(id)
  local size = redis.call('HGET', KEYS[1], id)
  redis.call('UNLINK', prefix .. 'm:' .. id, prefix .. 'd:' .. id)
  redis.call('ZREM', KEYS[2], id)
  if size then
    redis.call('HDEL', KEYS[1], id)
    redis.call('DECRBY', KEYS[3], size)
  end
end
local function live(id, untilMs)
  redis.call('ZADD', KEYS[2], untilMs, id)
  redis.call('PEXPIREAT', prefix .. 'm:' .. id, untilMs)
  redis.call('PEXPIREAT', prefix .. 'd:' .. id, untilMs)
end
`;

/**
 * Adds a piece to an upload, and buries up to 50 files whose life is over.
 *
 * ARGV id, number of the piece (0 for the first), the piece, quota in bytes, life of an upload under way in ms.
 * Reply `ok`; `full` (the quota is reached: the upload is gone); `gone` (its life was over). Cost: one piece.
 */
export const append = createScript(
  'file-append',
  `${COMMON}
for _, id in ipairs(redis.call('ZRANGE', KEYS[2], '-inf', now, 'BYSCORE', 'LIMIT', 0, 50)) do drop(id) end
local id, size = ARGV[1], #ARGV[3]
if ARGV[2] ~= '0' and not redis.call('ZSCORE', KEYS[2], id) then return 'gone' end
if tonumber(redis.call('GET', KEYS[3]) or 0) + size > tonumber(ARGV[4]) then
  drop(id)
  return 'full'
end
redis.call('HSET', prefix .. 'd:' .. id, ARGV[2], ARGV[3])
redis.call('HINCRBY', KEYS[1], id, size)
redis.call('INCRBY', KEYS[3], size)
live(id, now + tonumber(ARGV[5]))
return 'ok'`,
);

/**
 * Makes an upload a file. When the file exists, the upload is dropped and the file lives on.
 *
 * ARGV id of the upload, id of the file, life in ms, then fields and values of the file.
 * Reply `ok` or `gone`. Cost: constant.
 */
export const commit = createScript(
  'file-commit',
  `${COMMON}
local upload, id = ARGV[1], ARGV[2]
local untilMs = now + tonumber(ARGV[3])
local size = redis.call('HGET', KEYS[1], upload)
if not size or redis.call('EXISTS', prefix .. 'd:' .. upload) == 0 then return 'gone' end
local lives = tonumber(redis.call('ZSCORE', KEYS[2], id) or 0)
if lives > now and redis.call('EXISTS', prefix .. 'm:' .. id, prefix .. 'd:' .. id) == 2 then
  drop(upload)
  live(id, math.max(lives, untilMs))
  return 'ok'
end
drop(id)
redis.call('RENAME', prefix .. 'd:' .. upload, prefix .. 'd:' .. id)
redis.call('HSET', prefix .. 'm:' .. id, unpack(ARGV, 4))
redis.call('HDEL', KEYS[1], upload)
redis.call('HSET', KEYS[1], id, size)
redis.call('ZREM', KEYS[2], upload)
live(id, untilMs)
return 'ok'`,
);

/** These two go on when Redis is full: one makes room, the other lets jobs that are under way find their files. */
const WHEN_FULL = `#!lua flags=allow-oom${COMMON}`;

/** Takes an upload back. ARGV id. Reply `ok`. */
export const discard = createScript('file-discard', `${WHEN_FULL} drop(ARGV[1]) return 'ok'`);

/**
 * Lets files live longer. ARGV life in ms, then id and name of each.
 * Reply: for each 1, or 0 when there is no such file. Cost: the files named.
 */
export const keep = createScript(
  'file-keep',
  `${WHEN_FULL}
local answers = {}
for i = 2, #ARGV, 2 do
  local id = ARGV[i]
  local lives = tonumber(redis.call('ZSCORE', KEYS[2], id) or 0)
  local known = lives > now and redis.call('HGET', prefix .. 'm:' .. id, 'name') == ARGV[i + 1]
  if known then live(id, math.max(lives, now + tonumber(ARGV[1]))) end
  answers[#answers + 1] = known and 1 or 0
end
return answers`,
);
