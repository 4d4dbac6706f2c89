-- finals: jobs of one final state in the order in which they ended
-- Completed ones stand in a list, the others in a zset: nearly all jobs complete, none of those is ever reopened, and a list
-- takes less work and memory. What it cannot do fast is to take one out of its middle.
-- Cost: one call each; `unlist` of completed ones: O(how far from the oldest they stand).
local function sizeOf(state)
  return call(state == 'completed' and 'LLEN' or 'ZCARD', P .. state)
end

local function oldestOf(state, most)
  return call(state == 'completed' and 'LRANGE' or 'ZRANGE', P .. state, 0, most - 1)
end

local function unlist(state, ids)
  if #ids == 0 then return end
  if state ~= 'completed' then return call('ZREM', P .. state, unpack(ids)) end
  for _, id in ipairs(ids) do call('LREM', P .. state, 1, id) end
end
