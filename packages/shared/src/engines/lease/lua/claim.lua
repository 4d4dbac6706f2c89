-- claim: waiting -> active
-- Hands waiting jobs to one incarnation: writes its hold and returns the jobs. Higher priority first; lanes of one
-- priority take turns; within a lane first in, first out. Entries whose job has left the lane are dropped on the way.
--   types  ",sleep,primes,": what the worker knows; other lanes are passed over
--   want   free slots
--   out    receives one string per job: C<id> <fence> <delivery> <attempt> <generation> <suspect 0|1>\n<record>
--   bytes  stop before the records are more bytes than this (at least one job is handed over)
--   mayBeLarge  a record of more than 2 KiB was submitted: each is looked at before it is read
-- Reply: how many were claimed, and whether the bytes ended it. Cost: 6 calls per lane, plus O(jobs).
local MOST = 128 -- ids that are read at once; of no more than 2 KiB each, unless a larger record was ever submitted
local SUSPECT_AFTER = 2 -- deaths of a worker with the job in hand

-- How many of the next jobs have room, at most so many.
local function fitting(lane, most, bytes)
  local ids = call('LRANGE', P .. 'lane:' .. lane, 0, most - 1)
  for i, id in ipairs(ids) do
    bytes = bytes - call('HSTRLEN', REC, id)
    if bytes < 0 then return i - 1 end
  end
  return math.max(1, #ids)
end

local function takeFrom(inc, lane, want, room, out)
  local got, isLarge = 0, (want > 1 or room.isUsed) and room.mayBeLarge
  while got < want and room.bytes > 0 do
    local asked = math.min(want - got, MOST)
    if isLarge then
      asked = fitting(lane, asked, room.bytes)
      if asked == 0 and room.isUsed then
        room.bytes = 0
        return got, false
      end
      asked = math.max(1, asked)
    end
    local ids = call('LPOP', P .. 'lane:' .. lane, asked)
    if not ids then
      call('ZREM', TURN, lane)
      return got, true
    end
    local records, trails = call('HMGET', REC, unpack(ids)), trailsOf(ids)
    local hold = {}
    -- Most jobs have no trail: what is written for them is the same text.
    local freshHold, freshHead = nowUsText .. ' ' .. now .. ' 1 1 ' .. lane, ' ' .. nowUsText .. ' 1 1 1 0\n'
    for i = 1, #ids do
      local id, record, trail = ids[i], records[i], trails[i]
      local t = trail and readTrail(trail)
      if t and t.ghosts > 0 then
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
      elseif not t or t.state == '-' then
        hold[#hold + 1] = id
        if t then
          local fence = string.format('%.0f', math.max(nowUs, t.f + 1))
          local n, a = t.n + 1, t.a + 1
          hold[#hold + 1] = fence .. ' ' .. now .. ' ' .. n .. ' ' .. a .. ' ' .. lane
          out[#out + 1] = 'C' .. id .. ' ' .. fence .. ' ' .. n .. ' ' .. a .. ' ' .. t.g ..
            (t.k >= SUSPECT_AFTER and ' 1\n' or ' 0\n') .. record
        else
          hold[#hold + 1] = freshHold
          out[#out + 1] = 'C' .. id .. freshHead .. record
        end
        room.bytes, room.isUsed = room.bytes - #record, true
        got = got + 1
      end
    end
    if #hold > 0 then call('HSET', P .. 'hold:' .. inc, unpack(hold)) end
    if #ids < asked then
      call('ZREM', TURN, lane)
      return got, true
    end
  end
  return got, false
end

local function claim(inc, types, want, bytes, out, mayBeLarge)
  local lanes = call('ZRANGE', TURN, 0, 255)
  local room, first, from = { bytes = bytes, isUsed = false, mayBeLarge = mayBeLarge }, want, 1
  while from <= #lanes and want > 0 and room.bytes > 0 do
    local priority, able, at = string.sub(lanes[from], 1, 1), {}, from
    while at <= #lanes and string.sub(lanes[at], 1, 1) == priority do
      local kind = string.match(lanes[at], '^%d([^!:]+)')
      if kind and string.find(types, ',' .. kind .. ',', 1, true) then able[#able + 1] = lanes[at] end
      at = at + 1
    end
    from = at
    local takesTurns = #able > 1
    while #able > 0 and want > 0 and room.bytes > 0 do
      local share, left = math.ceil(want / #able), {}
      for _, lane in ipairs(able) do
        if want > 0 and room.bytes > 0 then
          local got, isEmpty = takeFrom(inc, lane, math.min(share, want), room, out)
          want = want - got
          if not isEmpty then
            left[#left + 1] = lane
            if takesTurns and got > 0 then call('ZADD', TURN, 'XX', nextTurn(lane), lane) end
          end
        end
      end
      able = left
    end
  end
  return first - want, room.bytes <= 0
end
