-- lane: how jobs come to stand in a lane, and lanes in the turn list
-- Cost: one call per 1,000 ids, and 2 for a lane that was empty.
-- The lane of a record: the first element of its header.
local function laneOf(record)
  return string.match(record, '^%["([012][a-z0-9][a-z0-9_-]*!?)",')
end

local SPREAD = 281474976710656 -- 2^48: keeps the priorities apart in the scores of the turn list
local function nextTurn(lane)
  return string.format('%.0f', tonumber(string.sub(lane, 1, 1)) * SPREAD + call('HINCRBY', KEYS[1], 'turnSeq', 1))
end

-- Puts ids at the tail (RPUSH) or the front (LPUSH) of a lane; a lane that was empty joins the turn list.
local function enter(push, lane, ids)
  local from = 1
  while from <= #ids do
    local to = math.min(from + 999, #ids)
    local length = call(push, P .. 'lane:' .. lane, unpack(ids, from, to))
    if length == to - from + 1 then call('ZADD', TURN, 'NX', nextTurn(lane), lane) end
    from = to + 1
  end
end
