-- ending: how one delivery ends, for all verbs: what is written into its trail, and where its job goes
-- Cost: none of its own; the batch of `settle` writes it.
local verbs, abandon = {}, nil

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
  local to = batch.final[state] or {}
  batch.final[state] = to
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
