-- forget: drops finished jobs, which no state lists any more, with all that is known of them
-- A trail that lane entries still point at stays behind as G.
-- Cost: 2 calls for completed jobs, and 2 more per job of another state.
local function forget(state, ids)
  if #ids == 0 then return end
  call('HDEL', REC, unpack(ids))
  if state == 'completed' then return call('HDEL', ST, unpack(ids)) end
  for i, text in ipairs(call('HMGET', ST, unpack(ids))) do
    local t = text and readTrail(text)
    if t and t.ghosts > 0 then
      t.state, t.lines = 'G', ''
      call('HSET', ST, ids[i], writeTrail(t))
    else
      call('HDEL', ST, ids[i])
    end
  end
end
