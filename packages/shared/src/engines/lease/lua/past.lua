-- past: from now on a job that waits or runs, or an entry of a lane, may have a trail; `tick` looks whether that is still so
-- Cost: one call.
local function notePast()
  mayHavePast = true
  call('HSET', KEYS[1], 'past', 1)
end
