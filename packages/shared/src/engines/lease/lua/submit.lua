-- submit: none -> waiting | scheduled
-- ARGV epoch, backlogMax (jobs), jobs, keyed, then per job: id, lane, runAt (epoch ms, 0 = now), record;
--      then per keyed job: its position, the name of a chosen id (=...) or idempotency key (#...), digest of the body
-- Reply {ok, now, then per job that was not stored: position, E exists | K conflict | F full, id}; {dataset-lost}
-- Cost: O(jobs); an empty or busy queue costs the same.
local FIRST = 5
local epoch, backlogMax, jobs, keyed = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if call('HGET', KEYS[1], 'epoch') ~= epoch then return { 'dataset-lost' } end

local REMEMBER_MS, REMEMBER_MOST = 86400000, 1000000
local LARGE_BYTES = 2048 -- where no record is larger, a claim need not look how large each one is
local answer, refused = { 'ok', now }, {}
local room = backlogMax - call('HLEN', REC) + call('ZCARD', P .. 'completed') + call('ZCARD', P .. 'dead') +
  call('ZCARD', P .. 'cancelled') + call('ZCARD', P .. 'abandoned')
local history = call('HMGET', KEYS[1], 'historyStrict', 'unstoredBytes', 'historyMax')
if history[1] == '1' and tonumber(history[2] or '0') > tonumber(history[3]) then room = 0 end
local fresh = {}
for i = 1, keyed do
  local at = FIRST + jobs * 4 + (i - 1) * 3
  local position, name, digest = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2]
  local known = fresh[name] or call('HGET', P .. 'keys', name)
  if not refused[position] then
    if known then
      local was, id = string.match(known, '^(%S+) (.+)$')
      refused[position] = { was == digest and 'E' or 'K', id }
    elseif room > 0 then
      fresh[name] = digest .. ' ' .. ARGV[FIRST + (position - 1) * 4]
    end
  end
end

local records, lanes, scheduled, firstDue, stored, isLarge = {}, {}, {}, math.huge, 0, false
for i = 1, jobs do
  local at = FIRST + (i - 1) * 4
  local id, lane, runAt = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2])
  if not refused[i] and stored >= room then refused[i] = { 'F', id } end
  if refused[i] then
    answer[#answer + 1] = i
    answer[#answer + 1] = refused[i][1]
    answer[#answer + 1] = refused[i][2]
  else
    stored = stored + 1
    records[#records + 1] = id
    records[#records + 1] = ARGV[at + 3]
    isLarge = isLarge or #ARGV[at + 3] > LARGE_BYTES
    if runAt > nowMs then
      scheduled[#scheduled + 1] = ARGV[at + 2]
      scheduled[#scheduled + 1] = id
      if runAt < firstDue then firstDue = runAt end
    else
      local members = lanes[lane]
      if not members then
        members = {}
        lanes[lane] = members
      end
      members[#members + 1] = id
    end
  end
end
if stored == 0 then return answer end

for i = 1, keyed do
  local at = FIRST + jobs * 4 + (i - 1) * 3
  local name = ARGV[at + 1]
  if fresh[name] and not refused[tonumber(ARGV[at])] then
    call('HSET', P .. 'keys', name, fresh[name])
    call('ZADD', P .. 'keysexp', nowMs + REMEMBER_MS, name)
    fresh[name] = nil
  end
end
if keyed > 0 and call('ZCARD', P .. 'keysexp') > REMEMBER_MOST then
  local oldest = call('ZPOPMIN', P .. 'keysexp', keyed)
  for i = 1, #oldest, 2 do call('HDEL', P .. 'keys', oldest[i]) end
end
call('HSET', REC, unpack(records))
if isLarge then call('HSET', KEYS[1], 'large', 1) end
if #scheduled > 0 then
  call('ZADD', SCHED, unpack(scheduled))
  wakeUpkeep(firstDue)
end
for lane, members in pairs(lanes) do enter('RPUSH', lane, members) end
count('submitted', stored)
if next(lanes) then dispatch() end
return answer
