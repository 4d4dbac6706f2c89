-- end-in: jobs that have left `active` reach a final state; their trails are written
--   hasHistory  whether finished jobs wait to be stored
-- Cost: 2 calls, and a `prune` for every hundredth of KEEP.
local function endIn(state, ids, hasHistory)
  local ended, members = #ids, ids
  if state == 'completed' then
    call('RPUSH', P .. state, unpack(ids))
  else
    members = {}
    for i = 1, ended do members[2 * i - 1], members[2 * i] = now, ids[i] end
    call('ZADD', P .. state, unpack(members))
  end
  local total = count(state, ended)
  if hasHistory then awaitStore(ids) end
  -- Many are dropped together: when another hundredth of KEEP has ended it is looked whether there are too many.
  local step = math.max(1, math.floor(KEEP / 100))
  if math.floor(total / step) ~= math.floor((total - ended) / step) then prune(state, ended) end
end

-- Whether a hold is one under this fence.
local function isHeld(held, fence)
  return held and string.find(held, fence, 1, true) == 1 and string.byte(held, #fence + 1) == 32
end
