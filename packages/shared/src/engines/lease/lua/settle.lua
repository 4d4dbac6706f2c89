-- settle: what all moves out of `active` share
-- An item names a delivery by job id and fence. Guards come first: an item whose hold is gone or carries another fence
-- is refused and left alone, and the batch goes on. Then all writes of the batch are made together.
-- Cost: 6 calls and O(items) per batch, 4 more per final state that it reaches.
local DELIVERY_LIMIT = 20
local KEEP = 10000
local verbs, abandon = {}, nil
local FINAL = { C = 'completed', D = 'dead', X = 'cancelled', A = 'abandoned' }

-- Ends a delivery: one line @number,attempt,worker,fence,startedAt,endedAt,outcome,cause and what the attempt left behind.
-- startedAt is left out when the fence says it: a fence is the time in microseconds, or one more than the last fence.
local function close(t, item, outcome, cause)
  t.n, t.f = item.n, tonumber(item.fence)
  local startedAt = string.sub(item.fence, 1, -4) == item.startedAt and '' or item.startedAt
  t.lines = deliveryLines(t.lines) .. '\n@' .. item.n .. ',' .. item.attempt .. ',' .. item.worker .. ',' .. item.fence ..
    ',' .. startedAt .. ',' .. now .. ',' .. outcome .. ',' .. cause .. item.body
end

local function finish(t, item, batch, state)
  t.state, t.at, t.cancel = state, now, 0
  local to = batch.final[state]
  to[#to + 1] = now
  to[#to + 1] = item.id
end

-- Back to the front of its lane, unless something forbids another start.
local function giveBack(t, item, batch)
  if t.cancel == 1 then return finish(t, item, batch, 'X') end
  if item.atMostOnce then return abandon(t, item, batch) end
  if t.n >= DELIVERY_LIMIT then
    t.lines = t.lines .. '\n!{"code":"DELIVERY_LIMIT","message":"handed out ' .. t.n .. ' times without an end; last: ' ..
      item.cause .. '"}'
    return finish(t, item, batch, 'D')
  end
  local front = batch.front[item.lane] or {}
  front[#front + 1] = item.id
  batch.front[item.lane] = front
end

-- Drops finished jobs with all that is known of them; a trail that lane entries still point at stays behind as G.
local function forget(state, ids, isUnlisted)
  if #ids == 0 then return end
  if not isUnlisted then call('ZREM', P .. state, unpack(ids)) end
  call('HDEL', REC, unpack(ids))
  if state ~= 'completed' then
    for i, text in ipairs(call('HMGET', ST, unpack(ids))) do
      local t = text and readTrail(text)
      if t and t.ghosts > 0 then
        t.state, t.lines = 'G', ''
        call('HSET', ST, ids[i], writeTrail(t))
      else
        call('HDEL', ST, ids[i])
      end
    end
  else
    call('HDEL', ST, unpack(ids))
  end
end

-- Keeps KEEP jobs of a final state, and at most one in a hundred more: many are dropped together. Drops the oldest that the
-- history, where there is one, has stored.
local TOGETHER = 200
local function prune(state, most)
  local over = call('ZCARD', P .. state) - KEEP
  if over <= 0 or over < math.floor(KEEP / 1000) * 10 then return end
  local oldest = call('ZRANGE', P .. state, 0, math.min(over, most + TOGETHER) - 1)
  local ids = storedOf(oldest)
  local areOldest = #ids == #oldest
  if areOldest then call('ZREMRANGEBYRANK', P .. state, 0, #ids - 1) end
  forget(state, ids, areOldest)
end

-- One item that is not the common case. Adds to the batch; the trail is written with it.
local function settleOne(from, at, isShort, held, trail, worker, batch)
  local item = { id = from[at], fence = from[at + 1], number = 0, cause = '', body = from[at + 2], worker = worker }
  local verb = 'C'
  if not isShort then
    verb, item.number, item.cause, item.body = from[at + 2], tonumber(from[at + 3]), from[at + 4], from[at + 5]
  end
  local startedAt, n, attempt, lane = string.match(held, '^%d+ (%d+) (%d+) (%d+) (.+)$')
  item.startedAt, item.n, item.attempt, item.lane = startedAt, tonumber(n), attempt, lane
  item.atMostOnce = string.find(lane, '!', 1, true) ~= nil
  local t = readTrail(trail)
  verbs[verb](t, item, batch)
  return writeTrail(t)
end

-- from[first ...]: `short` completed items of three fields: id, fence, body; then six fields per item: id, fence, verb, delayMs,
-- cause, body. n counts them all.
-- Reply: the positions that were refused, and whether jobs went back to a lane.
local function settle(inc, worker, from, first, n, short)
  local refused = {}
  if n == 0 then return refused, false end
  local hold, ids = P .. 'hold:' .. inc, {}
  local at = first
  for i = 1, n do
    ids[i] = from[at]
    at = at + (i <= short and 3 or 6)
  end
  local holds, trails = call('HMGET', hold, unpack(ids)), trailsOf(ids)
  local batch = { final = { C = {}, D = {}, X = {}, A = {} }, scheduled = {}, front = {}, stats = {}, firstDue = math.huge }
  local gone, written, seen, completed = {}, {}, {}, batch.final.C
  -- A job that completes in its first delivery has no trail yet: what is written for it differs in three places.
  local head, middle, tail = 'C ' .. now .. ' 1 1 1 0 ', ' 0 0\n@1,1,' .. worker .. ',', ',,,c,'
  at = first
  for i, id in ipairs(ids) do
    local held, fence, isShort = holds[i], from[at + 1], i <= short
    if not held or seen[id] or string.find(held, fence, 1, true) ~= 1 or string.byte(held, #fence + 1) ~= 32 then
      refused[#refused + 1] = i
    else
      seen[id] = true
      gone[#gone + 1] = id
      written[#written + 1] = id
      if isShort and not trails[i] then
        written[#written + 1] = head .. fence .. middle .. fence .. tail .. from[at + 2]
        completed[#completed + 1] = now
        completed[#completed + 1] = id
      else
        written[#written + 1] = settleOne(from, at, isShort, held, trails[i], worker, batch)
      end
    end
    at = at + (isShort and 3 or 6)
  end
  if #gone == 0 then return refused, false end
  call('HDEL', hold, unpack(gone))
  call('HSET', ST, unpack(written))
  if call('EXISTS', P .. 'progress') == 1 then call('HDEL', P .. 'progress', unpack(gone)) end
  for state, members in pairs(batch.final) do
    if #members > 0 then
      call('ZADD', P .. FINAL[state], unpack(members))
      count(FINAL[state], #members / 2)
      awaitStore(members)
      prune(FINAL[state], #members)
    end
  end
  for field, by in pairs(batch.stats) do count(field, by) end
  if #batch.scheduled > 0 then
    call('ZADD', SCHED, unpack(batch.scheduled))
    wakeUpkeep(batch.firstDue)
  end
  for lane, members in pairs(batch.front) do enter('LPUSH', lane, members) end
  return refused, next(batch.front) ~= nil
end
