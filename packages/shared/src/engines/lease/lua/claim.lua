-- claim: waiting -> active
-- Hands waiting jobs to one incarnation: writes its hold and returns the jobs. Higher priority first; lanes of one
-- priority take turns; within a lane first in, first out. Entries whose job has left the lane are dropped on the way.
--   types  ",sleep,primes,": what the worker knows; other lanes are passed over
--   want   free slots
--   out    receives one list {fence, {ids ...}, {records ...}} for jobs that are handed over for the first time, and one
--          string per job with a past: C<id> <fence> <delivery> <attempt> <generation> <suspect 0|1>\n<record>
--   bytes  stop before the records are more bytes than this (at least one job is handed over)
--   mayBeLarge  a record of more than 2 KiB was submitted: each is looked at before it is read (`fitting`)
-- Reply: how many were claimed, and whether the bytes ended it. Cost: 6 calls per lane, plus O(jobs).
local MOST = 128 -- ids that are read at once; of no more than 2 KiB each, unless a larger record was ever submitted

-- Jobs that no worker has had before. Reply: how many; nil when a record is missing.
local function takeFirst(inc, lane, ids, records, room, out)
  local held, hold, at = nowUsText .. ' ' .. lane, {}, 0
  for i, id in ipairs(ids) do
    local record = records[i]
    if not record then return nil end
    hold[at + 1], hold[at + 2] = id, held
    at = at + 2
    -- As many small ones as one call hands out have room.
    if room.mayBeLarge then room.bytes = room.bytes - #record end
  end
  call('HSET', P .. 'hold:' .. inc, unpack(hold))
  out[#out + 1] = { nowUsText, ids, records }
  room.isUsed = true
  return #ids
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
    local taken = not trails and takeFirst(inc, lane, ids, records, room, out)
    got = got + (taken or takeMixed(inc, lane, ids, records, trails or {}, room, out))
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
