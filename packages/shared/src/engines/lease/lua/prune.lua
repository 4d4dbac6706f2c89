-- prune: drops the oldest jobs of a final state that the history, where there is one, has stored
-- Cost: 5 calls, and O(jobs dropped).
local TOGETHER = 200
--   over  how many more than KEEP there are
--   most  how many may go at once, beside TOGETHER
local function prune(state, over, most)
  local oldest = call('ZRANGE', P .. state, 0, math.min(over, most + TOGETHER) - 1)
  local ids = storedOf(oldest)
  local areOldest = #ids == #oldest
  if areOldest then call('ZREMRANGEBYRANK', P .. state, 0, #ids - 1) end
  forget(state, ids, areOldest)
end
