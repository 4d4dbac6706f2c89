-- claim-mixed: ids of a lane some of which have a past, or a record no longer
-- An entry whose job has left the lane (a ghost) is dropped, and so is one without a record.
-- Reply: how many were claimed. Cost: one call, and 1 or 2 per ghost.
local SUSPECT_AFTER = 2 -- deaths of a worker with the job in hand
local function takeMixed(inc, lane, ids, records, trails, room, out)
  local hold, got = {}, 0
  for i = 1, #ids do
    local id, record, trail = ids[i], records[i], trails[i]
    local t = readTrail(trail)
    if t.ghosts > 0 then
      t.ghosts = t.ghosts - 1
      if t.state == 'G' and t.ghosts == 0 then
        call('HDEL', ST, id)
      else
        call('HSET', ST, id, writeTrail(t))
      end
      -- A reopened job stands behind its own ghost: what was read for it before is out of date.
      for j = i + 1, #ids do
        if ids[j] == id then trails[j] = call('HGET', ST, id) end
      end
    elseif not record then
      count('strays', 1)
    elseif t.state == '-' then
      local fence, n, a = string.format('%.0f', math.max(tonumber(nowUsText), t.f + 1)), t.n + 1, t.a + 1
      hold[#hold + 1] = id
      hold[#hold + 1] = fence .. ' ' .. now .. ' ' .. n .. ' ' .. a .. ' ' .. lane
      out[#out + 1] = 'C' .. id .. ' ' .. fence .. ' ' .. n .. ' ' .. a .. ' ' .. t.g ..
        (t.k >= SUSPECT_AFTER and ' 1\n' or ' 0\n') .. record
      room.bytes, room.isUsed = room.bytes - #record, true
      got = got + 1
    end
  end
  if #hold > 0 then call('HSET', P .. 'hold:' .. inc, unpack(hold)) end
  return got
end
