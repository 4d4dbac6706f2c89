-- promote: scheduled -> waiting
-- Moves what is due to the tail of its lane, at most `most` jobs; one whose record cannot be read is dead instead.
-- Large ones are moved a few at a time: their records have to be read.
-- Reply: how many. Cost: O(jobs moved).
local PROMOTE_BYTES = 1048576
local function promote(most)
  local ids = call('ZRANGE', SCHED, '-inf', now, 'BYSCORE', 'LIMIT', 0, most)
  if #ids == 0 then return 0 end
  local bytes, fits = 0, 0
  while fits < #ids and bytes < PROMOTE_BYTES do
    fits = fits + 1
    bytes = bytes + call('HSTRLEN', REC, ids[fits])
  end
  for i = #ids, fits + 1, -1 do ids[i] = nil end
  local lanes = {}
  for i, record in ipairs(call('HMGET', REC, unpack(ids))) do
    local lane = record and laneOf(record)
    if lane then
      lanes[lane] = lanes[lane] or {}
      table.insert(lanes[lane], ids[i])
    else
      local t = readTrail(call('HGET', ST, ids[i]))
      t.state, t.at, t.lines = 'D', now, t.lines .. '\n!{"code":"INVALID_RECORD","message":"the stored job cannot be read"}'
      call('HSET', ST, ids[i], writeTrail(t))
      call('ZADD', P .. 'dead', now, ids[i])
    end
  end
  call('ZREM', SCHED, unpack(ids))
  for lane, members in pairs(lanes) do enter('RPUSH', lane, members) end
  return #ids
end
