-- settle: what all moves out of `active` share
-- An item names a delivery by job id and fence. Guards come first: an item whose hold is gone or carries another fence
-- is refused and left alone, and the batch goes on. Then all writes of the batch are made together.
-- Items that completed come first, those with one fence together: jobs that were claimed together share it.
--   from[first ...]  `runs` times: fence, jobs, then per job: id, body; then per other item: id, fence, verb, delayMs, cause, body
--   n                counts all items
--   mayHaveProgress  false when no handler of these has reported any
--   hasHistory       whether finished jobs wait to be stored
-- Reply: the positions that were refused, and whether jobs went back to a lane.
-- Cost: 6 calls and O(items) per batch, 3 more per final state that it reaches.
local function endIn(state, members, hasHistory)
  call('ZADD', P .. state, unpack(members))
  local ended, total = #members / 2, count(state, #members / 2)
  if hasHistory then awaitStore(members) end
  -- Many are dropped together: when another hundredth of KEEP has ended it is looked whether there are too many.
  local step = math.max(1, math.floor(KEEP / 100))
  if math.floor(total / step) == math.floor((total - ended) / step) then return end
  local over = call('ZCARD', P .. state) - KEEP
  if over > 0 then prune(state, over, #members) end
end

local function settle(inc, worker, from, first, n, runs, mayHaveProgress, hasHistory)
  local refused = {}
  if n == 0 then return refused, false end
  local hold, ids, fences, bodies, at, short = P .. 'hold:' .. inc, {}, {}, {}, first, 0
  for _ = 1, runs do
    local fence, jobs = from[at], tonumber(from[at + 1])
    for i = at + 2, at + 2 * jobs, 2 do
      short = short + 1
      ids[short], fences[short], bodies[short] = from[i], fence, from[i + 1]
    end
    at = at + 2 + 2 * jobs
  end
  for i = short + 1, n do
    local here = at + (i - short - 1) * 6
    ids[i], fences[i] = from[here], from[here + 1]
  end
  local holds, trails = call('HMGET', hold, unpack(ids)), trailsOf(ids)
  local gone, written, completed, seen, batch = {}, {}, {}, {}, nil
  -- A job that completes in its first delivery has no trail yet: what is written for it differs in fence and body alone.
  local heldBefore, fenceBefore, isOurs, head
  for i = 1, n do
    local id, held, fence = ids[i], holds[i], fences[i]
    if held ~= heldBefore or fence ~= fenceBefore then
      heldBefore, fenceBefore = held, fence
      isOurs = held and string.find(held, fence, 1, true) == 1 and string.byte(held, #fence + 1) == 32
      head = 'C ' .. now .. ' 1 1 1 0 ' .. fence .. ' 0 0\n@1,1,' .. worker .. ',' .. fence .. ',,,c,'
    end
    if not isOurs or seen[id] then
      refused[#refused + 1] = i
    else
      seen[id] = true
      local place = #gone + 1
      gone[place] = id
      written[2 * place - 1] = id
      if i <= short and not trails[i] then
        written[2 * place] = head .. bodies[i]
        completed[#completed + 1] = now
        completed[#completed + 1] = id
      else
        batch = batch or { final = { C = completed }, scheduled = {}, front = {}, stats = {}, firstDue = math.huge }
        local here = at + (i - short - 1) * 6
        if i <= short then
          written[2 * place] = settleOne(id, fence, 'C', 0, '', bodies[i], held, trails[i], worker, batch)
        else
          written[2 * place] = settleOne(id, fence, from[here + 2], tonumber(from[here + 3]), from[here + 4], from[here + 5],
            held, trails[i], worker, batch)
        end
      end
    end
  end
  if #gone == 0 then return refused, false end
  call('HDEL', hold, unpack(gone))
  call('HSET', ST, unpack(written))
  if mayHaveProgress and call('EXISTS', P .. 'progress') == 1 then call('HDEL', P .. 'progress', unpack(gone)) end
  if not batch then
    endIn('completed', completed, hasHistory)
    return refused, false
  end
  for state, members in pairs(batch.final) do
    if #members > 0 then endIn(FINAL[state], members, hasHistory) end
  end
  for field, by in pairs(batch.stats) do count(field, by) end
  if #batch.scheduled > 0 then
    call('ZADD', SCHED, unpack(batch.scheduled))
    wakeUpkeep(batch.firstDue)
  end
  for lane, members in pairs(batch.front) do enter('LPUSH', lane, members) end
  return refused, next(batch.front) ~= nil
end
