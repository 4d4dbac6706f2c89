-- settle: what all moves out of `active` share
-- An item names a delivery by job id and fence. Guards come first: an item whose hold is gone or carries another fence
-- is refused and left alone, and the batch goes on. Then all writes of the batch are made together.
-- Items that completed come first, those with one fence together: jobs that were claimed together share it.
--   from[first ...]  `runs` times: fence, jobs, their ids, their bodies;
--                    then per other item: id, fence, verb, delayMs, cause, body
--   n                counts all items
--   mayHaveProgress  false when no handler of these has reported any
--   hasHistory       whether finished jobs wait to be stored
-- Reply: the positions that were refused, and whether jobs went back to a lane.
-- Cost: 6 calls and O(items) per batch, 2 more per final state that it reaches.

-- The trails of jobs that all completed in their first delivery: they differ in fence and body alone. Reply: id, trail, ...
-- as for HSET; nil when any of them is not held under its fence.
local function trailsOfFirst(worker, from, at, runs, ids, holds)
  local written, i, place = {}, 0, 0
  for _ = 1, runs do
    local fence, jobs = from[at], tonumber(from[at + 1])
    local head = 'c' .. now .. ' ' .. fence .. ' ' .. worker
    local body, known = at + 1 + jobs, nil
    for job = 1, jobs do
      i = i + 1
      local held = holds[i]
      if held ~= known then
        if not isHeld(held, fence) then return nil end
        known = held
      end
      written[place + 1], written[place + 2] = ids[i], head .. from[body + job]
      place = place + 2
    end
    at = body + jobs + 1
  end
  return written
end

local function settle(inc, worker, from, first, n, runs, mayHaveProgress, hasHistory)
  if n == 0 then return {}, false end
  local ids, at, short = {}, first, 0
  for _ = 1, runs do
    local jobs = tonumber(from[at + 1])
    for job = 1, jobs do ids[short + job] = from[at + 1 + job] end
    short, at = short + jobs, at + 2 + 2 * jobs
  end
  for i = short + 1, n do ids[i] = from[at + (i - short - 1) * 6] end
  local hold = P .. 'hold:' .. inc
  local holds, trails = call('HMGET', hold, unpack(ids)), trailsOf(ids)
  local written = short == n and not trails and trailsOfFirst(worker, from, first, runs, ids, holds)
  -- Fewer than that are removed when a job is named twice.
  if not written or call('HDEL', hold, unpack(ids)) < n then
    return settleMixed(hold, worker, from, first, n, runs, mayHaveProgress, hasHistory, ids, holds, trails or {})
  end
  call('HSET', ST, unpack(written))
  if mayHaveProgress and call('EXISTS', P .. 'progress') == 1 then call('HDEL', P .. 'progress', unpack(ids)) end
  endIn('completed', ids, hasHistory)
  return {}, false
end
