import { createScript } from '../../redis/script.ts';

const NOW = `local time = redis.call('TIME')
local micros = time[1] * 1000000 + time[2]
local now = string.format('%d', math.floor(micros / 1000))`;

/**
 * Is there room, and is a name free? KEYS wait, paused, prioritized, delayed, active, then the names.
 * ARGV cap, jobs to come, id, digest, life of a name in ms.
 * Reply {'new', id} when the names were free and are now reserved; {'known', id, 'r' or 'a'} when they stand for the same
 * body (reserved, or added); {'conflict', id}; {'full'}.
 */
export const reserve = createScript(
  'bullmq-reserve',
  `local known
for i = 6, #KEYS do
  local value = redis.call('GET', KEYS[i])
  if value then
    local state, id, digest = string.match(value, '^(%S+) (%S+) (.*)$')
    if digest ~= ARGV[4] or (known and known[2] ~= id) then return {'conflict', id} end
    known = {'known', id, state}
  end
end
if known then return known end
local open = redis.call('LLEN', KEYS[1]) + redis.call('LLEN', KEYS[2]) + redis.call('ZCARD', KEYS[3])
  + redis.call('ZCARD', KEYS[4]) + redis.call('LLEN', KEYS[5])
if open + ARGV[2] > tonumber(ARGV[1]) then return {'full'} end
for i = 6, #KEYS do redis.call('SET', KEYS[i], 'r ' .. ARGV[3] .. ' ' .. ARGV[4], 'PX', ARGV[5]) end
return {'new', ARGV[3]}`,
);

/** The job of these names is stored. KEYS names. */
export const confirm = createScript(
  'bullmq-confirm',
  `for i = 1, #KEYS do
  local value = redis.call('GET', KEYS[i])
  if value then redis.call('SET', KEYS[i], 'a' .. string.sub(value, 2), 'KEEPTTL') end
end
return 1`,
);

/**
 * The beginning of a delivery, once BullMQ has made the job active: the fence, and the line of the log. An earlier
 * delivery without an end ended in a death. KEYS job, totals. ARGV token, worker, most deliveries, JSON for pw:end when
 * they are used up. Reply {'ok', fence, delivery, attempt, deaths, generation}; {'cancelled'} or {'limit'} when there is no
 * further delivery; {'lost'}. Cost: one hash.
 */
export const begin = createScript(
  'bullmq-begin',
  `#!lua flags=allow-oom
${NOW}
if redis.call('GET', KEYS[1] .. ':lock') ~= ARGV[1] then return {'lost'} end
local job = redis.call('HMGET', KEYS[1], 'pw:fence', 'pw:log', 'pw:attempts', 'pw:deaths', 'pw:generation', 'pw:cancel', 'pw:deliveries')
local fence = string.format('%d', math.max((tonumber(job[1]) or 0) + 1, micros))
local lines = {}
for line in string.gmatch(job[2] or '', '[^\\n]+') do lines[#lines + 1] = line end
local deaths = tonumber(job[4]) or 0
local last = lines[#lines]
if last then
  local _, commas = string.gsub(last, ',', '')
  if commas == 4 then
    lines[#lines] = last .. ',' .. now .. ',crashed,WORKER_DIED'
    deaths = deaths + 1
    redis.call('HSET', KEYS[1], 'pw:deaths', deaths)
  end
end
local isEnded = job[6] and 'cancelled' or (#lines > 0 and (tonumber(job[7]) or 0) >= tonumber(ARGV[3])) and 'limit'
if isEnded then
  redis.call('HSET', KEYS[1], 'pw:log', table.concat(lines, '\\n'), 'pw:end', job[6] and '{}' or ARGV[4])
  return {isEnded}
end
if last and not string.find(lines[#lines], ',failed,', 1, true) then
  redis.call('HINCRBY', KEYS[2], 'redelivered', 1)
end
local delivery = redis.call('HINCRBY', KEYS[1], 'pw:deliveries', 1)
local attempt = (tonumber(job[3]) or 0) + 1
lines[#lines + 1] = table.concat({delivery, attempt, ARGV[2], fence, now}, ',')
while #lines > 50 do table.remove(lines, 1) end
redis.call('HSET', KEYS[1], 'pw:fence', fence, 'pw:log', table.concat(lines, '\\n'))
return {'ok', fence, delivery, attempt, deaths, tonumber(job[5]) or 1}`,
);

/**
 * The end of a delivery, written before BullMQ moves the job; refused when the lock is not ours. A repeat changes nothing.
 * KEYS job, totals. ARGV token, fence, outcome, cause, attempts to add, JSON for pw:end or '', '1' when a cancel that was
 * asked for decides instead, JSON for pw:end in that case.
 * Reply {'ok'}, {'cancelled'} or {'lost'}. Cost: one hash.
 */
export const finish = createScript(
  'bullmq-finish',
  `#!lua flags=allow-oom
${NOW}
if redis.call('GET', KEYS[1] .. ':lock') ~= ARGV[1] then return {'lost'} end
local isCancelled = ARGV[7] == '1' and redis.call('HEXISTS', KEYS[1], 'pw:cancel') == 1
local note = isCancelled and ARGV[8] or ARGV[6]
if note ~= '' then redis.call('HSET', KEYS[1], 'pw:end', note) end
local log = redis.call('HGET', KEYS[1], 'pw:log') or ''
local last = string.match(log, '[^\\n]*$')
local _, commas = string.gsub(last, ',', '')
if commas == 4 and string.find(last, ',' .. ARGV[2] .. ',', 1, true) then
  redis.call('HSET', KEYS[1], 'pw:log', log .. ',' .. now .. ',' .. ARGV[3] .. ',' .. ARGV[4])
  if ARGV[5] ~= '0' then redis.call('HINCRBY', KEYS[1], 'pw:attempts', ARGV[5]) end
  if ARGV[3] == 'crashed' then redis.call('HINCRBY', KEYS[1], 'pw:deaths', 1) end
  if ARGV[3] == 'failed' then redis.call('HINCRBY', KEYS[2], 'failedAttempts', 1) end
end
return {isCancelled and 'cancelled' or 'ok'}`,
);

/**
 * What follows BullMQ's move. KEYS totals, cancelled, then names to be remembered. ARGV counter or '', id when it was
 * cancelled or '', life of a name in ms, failed jobs kept at most.
 */
export const aftermath = createScript(
  'bullmq-aftermath',
  `#!lua flags=allow-oom
${NOW}
if ARGV[1] ~= '' then redis.call('HINCRBY', KEYS[1], ARGV[1], 1) end
if ARGV[2] ~= '' then
  redis.call('ZADD', KEYS[2], now, ARGV[2])
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -2 - ARGV[4])
end
for i = 3, #KEYS do redis.call('PEXPIRE', KEYS[i], ARGV[3]) end
return 1`,
);

/**
 * A job that was handed back goes before the others of its priority: BullMQ gives all of them one place, in which their
 * ids would decide. It also leaves a marker, which BullMQ does not do here: idle workers would not wake for the job.
 * KEYS prioritized, marker, meta. ARGV id, priority.
 */
export const front = createScript(
  'bullmq-front',
  `#!lua flags=allow-oom
if not redis.call('ZSCORE', KEYS[1], ARGV[1]) then return 0 end
local band = tonumber(ARGV[2]) * 4294967296
redis.call('ZREM', KEYS[1], ARGV[1])
local first = redis.call('ZRANGEBYSCORE', KEYS[1], band - 2147483648, band + 2147483648, 'WITHSCORES', 'LIMIT', 0, 1)
local score = first[2] and math.min(tonumber(first[2]) - 1, band) or band
redis.call('ZADD', KEYS[1], string.format('%d', score), ARGV[1])
if redis.call('HEXISTS', KEYS[3], 'paused') == 0 then redis.call('ZADD', KEYS[2], 0, '0') end
return 1`,
);

/**
 * waiting or scheduled -> failed, marked as cancelled; active -> asked for. BullMQ has no such move.
 * KEYS job, wait, paused, prioritized, delayed, active, failed, completed, cancelled. ARGV id, note.
 * Reply 'cancelled', 'requested', 'unchanged', 'refused' or 'not-found'.
 */
export const cancel = createScript(
  'bullmq-cancel',
  `#!lua flags=allow-oom
${NOW}
if redis.call('EXISTS', KEYS[1]) == 0 then return 'not-found' end
if redis.call('ZSCORE', KEYS[8], ARGV[1]) then return 'refused' end
if redis.call('ZSCORE', KEYS[7], ARGV[1]) then
  return redis.call('ZSCORE', KEYS[9], ARGV[1]) and 'unchanged' or 'refused'
end
if redis.call('LPOS', KEYS[6], ARGV[1]) then
  redis.call('HSET', KEYS[1], 'pw:cancel', 1)
  return 'requested'
end
local removed = redis.call('ZREM', KEYS[4], ARGV[1]) + redis.call('ZREM', KEYS[5], ARGV[1])
if removed == 0 then removed = redis.call('LREM', KEYS[2], 1, ARGV[1]) + redis.call('LREM', KEYS[3], 1, ARGV[1]) end
if removed == 0 then return 'refused' end
local log = redis.call('HGET', KEYS[1], 'pw:log') or ''
local _, commas = string.gsub(string.match(log, '[^\\n]*$'), ',', '')
if commas == 4 then redis.call('HSET', KEYS[1], 'pw:log', log .. ',' .. now .. ',crashed,WORKER_DIED') end
redis.call('HSET', KEYS[1], 'finishedOn', now, 'failedReason', 'cancelled', 'pw:end', ARGV[2])
redis.call('ZADD', KEYS[7], now, ARGV[1])
redis.call('ZADD', KEYS[9], now, ARGV[1])
return 'cancelled'`,
);

/** Opens the next generation of a failed job, before BullMQ moves it. KEYS job, failed, cancelled. ARGV id. */
export const reopen = createScript(
  'bullmq-reopen',
  `if not redis.call('ZSCORE', KEYS[2], ARGV[1]) then return 0 end
local generation = (tonumber(redis.call('HGET', KEYS[1], 'pw:generation')) or 1) + 1
redis.call('HDEL', KEYS[1], 'pw:log', 'pw:deliveries', 'pw:attempts', 'pw:deaths', 'pw:cancel', 'pw:end', 'stc', 'defa')
redis.call('HSET', KEYS[1], 'pw:generation', generation)
redis.call('ZREM', KEYS[3], ARGV[1])
return 1`,
);

/** Which of these jobs have a cancel asked for. KEYS jobs. Reply: one 0 or 1 each. */
export const cancels = createScript(
  'bullmq-cancels',
  `local flags = {}
for i = 1, #KEYS do flags[i] = redis.call('HEXISTS', KEYS[i], 'pw:cancel') end
return flags`,
);

/**
 * Jobs as they stand. KEYS completed, failed, delayed, prioritized, active, cancelled. ARGV key of a job without its id,
 * ids. Reply: for each '' or {state, score of the delayed set, fields and values}.
 * Cost: one hash a job, and the length of the active list.
 */
export const show = createScript(
  'bullmq-show',
  `local jobs = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local fields = redis.call('HGETALL', ARGV[1] .. id)
  if #fields == 0 then
    jobs[i - 1] = ''
  else
    local state = 'waiting'
    local delayed = redis.call('ZSCORE', KEYS[3], id)
    if redis.call('ZSCORE', KEYS[1], id) then state = 'completed'
    elseif redis.call('ZSCORE', KEYS[2], id) then
      state = redis.call('ZSCORE', KEYS[6], id) and 'cancelled' or 'dead'
    elseif delayed then state = 'scheduled'
    elseif redis.call('LPOS', KEYS[5], id) then state = 'active' end
    jobs[i - 1] = {state, delayed or '0', fields}
  end
end
return jobs`,
);
