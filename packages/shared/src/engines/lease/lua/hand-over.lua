-- hand-over: waiting -> active, for a single job that has just been stored
-- It goes straight to the worker that has waited longest, past lane and turn list. Where nothing else waits that is what
-- `enter` and `dispatch` would come to, with half of their calls; anywhere else it is left to them.
-- Reply: whether it was handed over. Cost: at most 8 calls.
local function handOver(lane, id, record)
  local inc = #record <= INBOX_BYTES and call('ZRANGE', IDLE, 0, 0)[1]
  if not inc or call('EXISTS', TURN) == 1 or trailsOf({ id }) then return false end
  local w = call('HMGET', P .. 'w:' .. inc, 'types', 'slots')
  local kind = string.match(lane, '^%d([^!:]+)')
  if not w[1] or not kind or not string.find(w[1], ',' .. kind .. ',', 1, true) then return false end
  local free = tonumber(w[2]) - heldBy(inc)
  if free <= 0 then return false end
  call('HSET', P .. 'hold:' .. inc, id, nowUsText .. ' ' .. lane)
  call('RPUSH', P .. 'in:' .. inc, firstClaim(nowUsText, id, record))
  waitsOn(inc, free - 1)
  return true
end
