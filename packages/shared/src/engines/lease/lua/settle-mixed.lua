-- settle-mixed: a batch that is not the common case: other ends than completed, jobs with a past, refused or repeated items
-- Reply: as `settle`.
-- Cost: as `settle`.
local function settleMixed(hold, worker, from, first, n, runs, mayHaveProgress, hasHistory, ids, holds, trails)
  local fences, bodies, at, short = {}, {}, first, 0
  for _ = 1, runs do
    local jobs = tonumber(from[at + 1])
    for job = 1, jobs do fences[short + job], bodies[short + job] = from[at], from[at + 1 + jobs + job] end
    short, at = short + jobs, at + 2 + 2 * jobs
  end
  local refused, gone, written, seen = {}, {}, {}, {}
  local batch = { final = {}, scheduled = {}, front = {}, stats = {}, firstDue = math.huge }
  for i = 1, n do
    local id, here, trail = ids[i], at + (i - short - 1) * 6, nil
    local fence = fences[i] or from[here + 1]
    if not isHeld(holds[i], fence) or seen[id] then
      refused[#refused + 1] = i
    else
      seen[id] = true
      gone[#gone + 1] = id
      if i <= short then
        trail = settleOne(id, fence, 'C', 0, '', bodies[i], holds[i], trails[i], worker, batch)
      else
        local verb, delayMs, cause, body = from[here + 2], tonumber(from[here + 3]), from[here + 4], from[here + 5]
        trail = settleOne(id, fence, verb, delayMs, cause, body, holds[i], trails[i], worker, batch)
      end
      written[2 * #gone - 1], written[2 * #gone] = id, trail
    end
  end
  if #gone == 0 then return refused, false end
  call('HDEL', hold, unpack(gone))
  call('HSET', ST, unpack(written))
  notePast()
  if mayHaveProgress and call('EXISTS', P .. 'progress') == 1 then call('HDEL', P .. 'progress', unpack(gone)) end
  for state, ended in pairs(batch.final) do endIn(FINAL[state], ended, hasHistory) end
  for field, by in pairs(batch.stats) do count(field, by) end
  if #batch.scheduled > 0 then
    call('ZADD', SCHED, unpack(batch.scheduled))
    wakeUpkeep(batch.firstDue)
  end
  for lane, members in pairs(batch.front) do enter('LPUSH', lane, members) end
  return refused, next(batch.front) ~= nil
end
