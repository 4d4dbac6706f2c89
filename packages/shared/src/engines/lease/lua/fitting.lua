-- fitting: how many of the next jobs of a lane have room, at most so many
-- Reply: how many; 0 when the first is too large.
-- Cost: O(jobs).
local function fitting(lane, most, bytes)
  local ids = call('LRANGE', P .. 'lane:' .. lane, 0, most - 1)
  for i, id in ipairs(ids) do
    bytes = bytes - call('HSTRLEN', REC, id)
    if bytes < 0 then return i - 1 end
  end
  return math.max(1, #ids)
end
