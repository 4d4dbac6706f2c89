-- settle: what all moves out of `active` share
-- An item names a delivery by job id and fence. Guards come first: an item whose hold is gone or carries another fence
-- is refused and left alone, and the batch goes on. Then all writes of the batch are made together.
local DELIVERY_LIMIT = 20
local KEEP = 10000
local verbs, abandon = {}, nil
local FINAL = { C = 'completed', D = 'dead', X = 'cancelled', A = 'abandoned' }

-- Ends a delivery: one line @number,attempt,worker,fence,startedAt,endedAt,outcome,cause
local function close(t, item, outcome, cause)
  t.n, t.f = item.n, tonumber(item.fence)
  t.lines = deliveryLines(t.lines) .. '\n@' .. item.n .. ',' .. item.attempt .. ',' .. item.worker .. ',' .. item.fence ..
    ',' .. item.startedAt .. ',' .. now .. ',' .. outcome .. ',' .. cause .. item.body
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
local function forget(state, ids)
  call('ZREM', P .. state, unpack(ids))
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

-- Keeps at most KEEP jobs of a final state: drops the oldest.
local function prune(state, most)
  local over = call('ZCARD', P .. state) - KEEP
  if over > 0 then forget(state, call('ZRANGE', P .. state, 0, math.min(over, most) - 1)) end
end

-- items: { id, fence, verb, number, cause, body [, hold] }. Reply: the positions that were refused.
local function settle(inc, worker, items)
  if #items == 0 then return {} end
  local hold, ids, refused = P .. 'hold:' .. inc, {}, {}
  for i, item in ipairs(items) do ids[i] = item.id end
  local holds, trails = call('HMGET', hold, unpack(ids)), call('HMGET', ST, unpack(ids))
  local batch = { final = { C = {}, D = {}, X = {}, A = {} }, scheduled = {}, front = {}, stats = {}, firstDue = math.huge }
  local gone, written, seen, withProgress = {}, {}, {}, {}
  for i, item in ipairs(items) do
    local fence, startedAt, n, attempt, lane = string.match(holds[i] or '', '^(%d+) (%d+) (%d+) (%d+) (.+)$')
    if fence ~= item.fence or seen[item.id] then
      refused[#refused + 1] = i
    else
      seen[item.id] = true
      item.worker, item.startedAt, item.n, item.attempt, item.lane = worker, startedAt, tonumber(n), attempt, lane
      item.atMostOnce = string.find(lane, '!', 1, true) ~= nil
      local t = readTrail(trails[i])
      verbs[item.verb](t, item, batch)
      gone[#gone + 1] = item.id
      written[#written + 1] = item.id
      written[#written + 1] = writeTrail(t)
    end
  end
  if #gone == 0 then return refused end
  call('HDEL', hold, unpack(gone))
  call('HSET', ST, unpack(written))
  if call('EXISTS', P .. 'progress') == 1 then call('HDEL', P .. 'progress', unpack(gone)) end
  for state, members in pairs(batch.final) do
    if #members > 0 then
      call('ZADD', P .. FINAL[state], unpack(members))
      count(FINAL[state], #members / 2)
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
