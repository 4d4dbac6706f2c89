-- dispatch: hands what has just become claimable to workers that wait for work.
-- One hop: the hold is written and the job itself is pushed to the inbox that the worker blocks on. A large batch is not
-- pushed: the worker is told (S) to read it from its hold.
-- Cost: O(idle workers), at most 64 of them, plus the claim of each.
local INBOX_BYTES, CLAIM_BYTES = 65536, 1048576

local function dispatch()
  local idle = call('ZRANGE', IDLE, 0, 63)
  if #idle == 0 or call('HEXISTS', KEYS[1], 'paused') == 1 then return end
  local waiting = 0
  for _, lane in ipairs(call('ZRANGE', TURN, 0, 255)) do waiting = waiting + call('LLEN', P .. 'lane:' .. lane) end
  for at, inc in ipairs(idle) do
    if waiting <= 0 then return end
    local w = call('HMGET', P .. 'w:' .. inc, 'types', 'slots')
    local free = w[2] and tonumber(w[2]) - call('HLEN', P .. 'hold:' .. inc) or 0
    local share = math.min(free, math.ceil(waiting / (#idle - at + 1)))
    local out = {}
    if share > 0 then waiting = waiting - claim(inc, w[1], share, CLAIM_BYTES, out) end
    local bytes = 0
    for _, item in ipairs(out) do bytes = bytes + #item end
    if bytes > INBOX_BYTES or #out > 500 then
      call('RPUSH', P .. 'in:' .. inc, 'S')
    elseif #out > 0 then
      call('RPUSH', P .. 'in:' .. inc, unpack(out))
    end
    if free - #out <= 0 then
      call('ZREM', IDLE, inc)
    elseif #out > 0 then
      call('ZADD', IDLE, 'XX', call('HINCRBY', KEYS[1], 'idleSeq', 1), inc)
    end
  end
end
