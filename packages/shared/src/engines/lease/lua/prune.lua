-- prune: when more jobs of a final state are kept than KEEP, drops the oldest of those that no history waits for
--   ended  how many have just ended: so many may go at once, and TOGETHER more
-- Cost: 6 calls, and O(jobs dropped).
local TOGETHER = 200
local function prune(state, ended)
  local over = sizeOf(state) - KEEP
  if over <= 0 then return end
  local most = math.min(over, ended + TOGETHER)
  if state == 'completed' and call('EXISTS', UNSTORED) == 0 then
    return forget(state, call('LPOP', P .. state, most))
  end
  local oldest = oldestOf(state, most)
  local ids = storedOf(oldest)
  if #ids < #oldest then
    unlist(state, ids)
  elseif state == 'completed' then
    call('LTRIM', P .. state, #ids, -1)
  else
    call('ZREMRANGEBYRANK', P .. state, 0, #ids - 1)
  end
  forget(state, ids)
end
