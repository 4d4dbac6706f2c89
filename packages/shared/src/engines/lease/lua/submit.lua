-- submit: none -> waiting | scheduled
-- ARGV epoch, backlogMax (jobs), jobs, keyed, 1 when a record is large | 0, spans,
--      then per span of jobs that follow one another: lane, runAt (epoch ms, 0 = now), how many; then per job: id, record;
--      then per keyed job: its position, the name of a chosen id (=...) or idempotency key (#...), digest of the body
-- Reply {ok, now, then per job that was not stored: position, E exists | K conflict | F full, id}; {dataset-lost}
-- Cost: O(jobs); an empty or busy queue costs the same.
local epoch, backlogMax, jobs, keyed = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local SPANS = 7
local JOBS = SPANS + 3 * tonumber(ARGV[6])
local KEYED = JOBS + 2 * jobs
local meta = call('HMGET', KEYS[1], 'epoch', 'historyStrict', 'unstoredBytes', 'historyMax', 'large', 'paused', 'past')
if meta[1] ~= epoch then return { 'dataset-lost' } end
mayHavePast = meta[7] == '1'

local REMEMBER_MS, REMEMBER_MOST = 86400000, 1000000
local answer, refused = { 'ok', now }, {}
local room = backlogMax - call('HLEN', REC)
if room < jobs then -- finished jobs do not count
  room = room + call('LLEN', P .. 'completed') + call('ZCARD', P .. 'dead') + call('ZCARD', P .. 'cancelled') +
    call('ZCARD', P .. 'abandoned')
end
if meta[2] == '1' and tonumber(meta[3] or '0') > tonumber(meta[4]) then room = 0 end
local fresh = {}
for i = 1, keyed do
  local at = KEYED + (i - 1) * 3
  local position, name, digest = tonumber(ARGV[at]), ARGV[at + 1], ARGV[at + 2]
  local known = fresh[name] or call('HGET', P .. 'keys', name)
  if not refused[position] then
    if known then
      local was, id = string.match(known, '^(%S+) (.+)$')
      refused[position] = { was == digest and 'E' or 'K', id }
    elseif room > 0 then
      fresh[name] = digest .. ' ' .. ARGV[JOBS + (position - 1) * 2]
    end
  end
end

local lanes, scheduled, firstDue, stored = {}, {}, math.huge, 0
local i = 0
for span = SPANS, JOBS - 1, 3 do
  local lane, dueAt, last = ARGV[span], ARGV[span + 1], i + tonumber(ARGV[span + 2])
  local runAt, members = tonumber(dueAt), lanes[lane] or {}
  if keyed == 0 and runAt <= nowMs and stored + last - i <= room then
    -- Nothing can be refused and nothing waits for its time: nearly always so.
    local size = #members
    for job = i, last - 1 do
      size = size + 1
      members[size] = ARGV[JOBS + 2 * job]
    end
    stored, i = stored + last - i, last
  end
  while i < last do
    i = i + 1
    local id = ARGV[JOBS + (i - 1) * 2]
    if not refused[i] and stored >= room then refused[i] = { 'F', id } end
    if refused[i] then
      answer[#answer + 1] = i
      answer[#answer + 1] = refused[i][1]
      answer[#answer + 1] = refused[i][2]
    else
      stored = stored + 1
      if runAt > nowMs then
        scheduled[#scheduled + 1] = dueAt
        scheduled[#scheduled + 1] = id
        if runAt < firstDue then firstDue = runAt end
      else
        members[#members + 1] = id
      end
    end
  end
  if #members > 0 then lanes[lane] = members end
end
if stored == 0 then return answer end

for i = 1, keyed do
  local at = KEYED + (i - 1) * 3
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
if stored == jobs then
  call('HSET', REC, unpack(ARGV, JOBS, KEYED - 1))
else
  local records = {}
  for i = 1, jobs do
    if not refused[i] then
      records[#records + 1] = ARGV[JOBS + (i - 1) * 2]
      records[#records + 1] = ARGV[JOBS + (i - 1) * 2 + 1]
    end
  end
  call('HSET', REC, unpack(records))
end
-- Where no record is large, a claim need not look how large each one is.
if ARGV[5] == '1' and not meta[5] then call('HSET', KEYS[1], 'large', 1) end
if #scheduled > 0 then
  call('ZADD', SCHED, unpack(scheduled))
  wakeUpkeep(firstDue)
end
count('submitted', stored)
local lane = next(lanes)
if not lane or (jobs == 1 and not meta[6] and handOver(lane, ARGV[JOBS], ARGV[JOBS + 1])) then return answer end
for lane, members in pairs(lanes) do enter('RPUSH', lane, members) end
if call('EXISTS', IDLE) == 1 then dispatch() end
return answer
