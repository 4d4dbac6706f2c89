-- forget: drops finished jobs with all that is known of them
-- A trail that lane entries still point at stays behind as G.
-- Cost: 3 calls for completed jobs, and one more per job of another state.
local function forget(state, ids, isUnlisted)
  if #ids == 0 then return end
  if not isUnlisted then call('ZREM', P .. state, unpack(ids)) end
  call('HDEL', REC, unpack(ids))
  if state ~= 'completed' then
    for i, text in ipairs(call('HMGET', ST, unpack(ids))) do
      local t = text and readTrail(text)
      if t and t.ghosts > 0 then
        t.state, t.lines = 'G', ''
        call('HSET', ST, ids[i], writeTrail(t))
      else
        call('HDEL', ST, ids[i])
      end
    end
  else
    call('HDEL', ST, unpack(ids))
  end
end
