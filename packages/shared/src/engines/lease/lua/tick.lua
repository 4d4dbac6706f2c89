-- tick: the upkeep that one elected worker does
-- ARGV incarnation, epoch, electionMs, leaseMs, deliveryLimit, keep, keepAgeMs, graceMs, keepBytes
-- Reply {elected, now, next due time or '', 1 when there is more to do at once, who let the last term run out or '',
--   incarnations ...}; {follower}; {dataset-lost}
-- Cost: O(what expired), bounded per call; nothing that waits is looked at.
local PROMOTE_MOST, PRUNE_MOST, RECORD_BYTES = 500, 500, 300 -- what a kept job takes beside its texts
local inc, leaseMs = ARGV[1], tonumber(ARGV[4])
local meta = call('HMGET', KEYS[1], 'epoch', 'tickAt', 'elected', 'past')
if meta[1] ~= ARGV[2] then return { 'dataset-lost' } end
local elected = call('GET', P .. 'upkeep')
if elected and elected ~= inc then return { 'follower' } end
call('SET', P .. 'upkeep', inc, 'PX', ARGV[3])
DELIVERY_LIMIT, KEEP = tonumber(ARGV[5]), tonumber(ARGV[6])
local hasMore, moved = false, 0

-- A gap means that Redis, or everybody, was away: nobody could renew, so nobody is late yet.
local wasAway = meta[2] and nowMs - tonumber(meta[2]) > tonumber(ARGV[8])
call('HSET', KEYS[1], 'tickAt', now, 'elected', inc)
for _, late in ipairs(call('ZRANGE', WORKERS, '-inf', now, 'BYSCORE', 'LIMIT', 0, 10)) do
  if wasAway then
    call('ZADD', WORKERS, nowMs + leaseMs, late)
  else
    moved = moved + reap(late, 'lease-expired')
  end
end

moved = moved + promote(PROMOTE_MOST)
if moved > 0 then dispatch(moved) end

-- By age. When a completed job ended stands in its trail: the oldest ones are looked at, one by one.
local TRAILS_BYTES, STEP = 1048576, 20
local function endedBefore(state, at)
  if state ~= 'completed' then return call('ZRANGE', P .. state, '-inf', at, 'BYSCORE', 'LIMIT', 0, PRUNE_MOST) end
  local ids, room = {}, TRAILS_BYTES
  while #ids < PRUNE_MOST do
    local some = call('LRANGE', P .. state, #ids, #ids + STEP - 1)
    for _, id in ipairs(some) do
      local trail = room > 0 and call('HGET', ST, id) or ''
      if room <= 0 or tonumber(string.match(trail, '^%a ?(%d+)') or 0) > tonumber(at) then return ids end
      room = room - #trail
      ids[#ids + 1] = id
    end
    if #some < STEP then return ids end
  end
  return ids
end

local oldest = string.format('%.0f', nowMs - tonumber(ARGV[7]))
for _, state in pairs(FINAL) do
  local ids = storedOf(endedBefore(state, oldest))
  if #ids > 0 then
    unlist(state, ids)
    forget(state, ids)
    hasMore = hasMore or #ids == PRUNE_MOST
  end
end

-- By bytes: what a state takes is estimated from its oldest jobs; the state that takes most gives way.
local bytes, largest, most = 0, nil, 0
for _, state in pairs(FINAL) do
  local sample, sampled = oldestOf(state, 10), 0
  for _, id in ipairs(sample) do sampled = sampled + call('HSTRLEN', REC, id) + call('HSTRLEN', ST, id) + RECORD_BYTES end
  local takes = #sample == 0 and 0 or sizeOf(state) * sampled / #sample
  bytes = bytes + takes
  if takes > most then largest, most = state, takes end
end
if largest and bytes > tonumber(ARGV[9]) then
  local ids = storedOf(oldestOf(largest, PRUNE_MOST))
  unlist(largest, ids)
  forget(largest, ids)
  hasMore = hasMore or #ids > 0
end

-- A trail for each job that ended, and no cancelled one, whose entry may still stand in its lane: then nothing else has one.
if meta[4] and sizeOf('cancelled') == 0 and
  call('HLEN', ST) == sizeOf('completed') + sizeOf('dead') + sizeOf('abandoned') then
  call('HDEL', KEYS[1], 'past')
end

-- Names are remembered while their job is there and for a day after its end. Of a job that is gone the end is not known:
-- its name stays for one more day, marked by a half in its score.
local DAY_MS, LOOK_AGAIN_MS = 86400000, 3600000
local names = call('ZRANGE', P .. 'keysexp', '-inf', now, 'BYSCORE', 'LIMIT', 0, 100, 'WITHSCORES')
for i = 1, #names, 2 do
  local name, isLastDay = names[i], string.find(names[i + 1], '.', 1, true)
  local id = string.match(call('HGET', P .. 'keys', name) or '', '^%S+ (.+)$')
  local t = id and call('HEXISTS', REC, id) == 1 and readTrail(call('HGET', ST, id))
  local keepUntil = 0
  if t then
    keepUntil = t.at == '0' and nowMs + LOOK_AGAIN_MS or tonumber(t.at) + DAY_MS
  elseif id and not isLastDay then
    keepUntil = nowMs + DAY_MS + 0.5
  end
  if keepUntil > nowMs then
    call('ZADD', P .. 'keysexp', string.format('%.1f', keepUntil), name)
  else
    call('HDEL', P .. 'keys', name)
    call('ZREM', P .. 'keysexp', name)
  end
end

local due = call('ZRANGE', SCHED, 0, 0, 'WITHSCORES')
if due[2] and tonumber(due[2]) <= nowMs then hasMore = true end
local silent = not elected and meta[3] and meta[3] ~= inc and meta[3] or ''
return { 'elected', now, due[2] or '', hasMore and 1 or 0, silent, unpack(call('ZRANGE', WORKERS, 0, -1)) }
