-- unstored: finished jobs that the history has not stored yet, and that are not forgotten before it has
-- meta historyMax: bytes that may wait (absent: there is no history); historyStrict: past it submits are refused;
--      unstoredBytes: about what waits; historyDropped: jobs that were given up
-- `unstored` zset: id -> finish time; a generation that was reopened unstored stands there as "<id> <generation>"
-- `reopened` hash: "<id> <generation>" -> its trail
-- Cost: nothing without a history; with one, two reads per finished job.
local UNSTORED, REOPENED = P .. 'unstored', P .. 'reopened'

local function weigh(members)
  local bytes = 0
  for _, member in ipairs(members) do
    local id = string.match(member, '^%S+')
    bytes = bytes + call('HSTRLEN', REC, id)
    bytes = bytes + (id == member and call('HSTRLEN', ST, id) or call('HSTRLEN', REOPENED, member))
  end
  return bytes
end

local function noLongerUnstored(members)
  if #members == 0 then return end
  local bytes = weigh(members)
  call('ZREM', UNSTORED, unpack(members))
  for _, member in ipairs(members) do
    if string.find(member, ' ', 1, true) then call('HDEL', REOPENED, member) end
  end
  if call('EXISTS', UNSTORED) == 0 or call('HINCRBY', KEYS[1], 'unstoredBytes', -bytes) < 0 then
    call('HSET', KEYS[1], 'unstoredBytes', 0)
  end
end

-- Jobs that have just finished; their trails are written.
local function awaitStore(ids)
  local rules = call('HMGET', KEYS[1], 'historyMax', 'historyStrict')
  if not rules[1] then return end
  local members = {}
  for i, id in ipairs(ids) do members[2 * i - 1], members[2 * i] = now, id end
  call('ZADD', UNSTORED, unpack(members))
  local bytes = call('HINCRBY', KEYS[1], 'unstoredBytes', weigh(ids))
  if rules[2] == '1' or bytes <= tonumber(rules[1]) then return end
  -- Too much: as many of the oldest as came now, and some, are left to be pruned like any other.
  local oldest = call('ZRANGE', UNSTORED, 0, #ids + 9)
  noLongerUnstored(oldest)
  call('HINCRBY', KEYS[1], 'historyDropped', #oldest)
end

-- Of these ids, the ones that may be forgotten.
local function storedOf(ids)
  if #ids == 0 or call('EXISTS', UNSTORED) == 0 then return ids end
  local free = {}
  for i, score in ipairs(call('ZMSCORE', UNSTORED, unpack(ids))) do
    if not score then free[#free + 1] = ids[i] end
  end
  return free
end
