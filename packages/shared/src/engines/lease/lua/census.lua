-- census: a queue's counts, totals and oldest waiting jobs. Changes nothing.
-- Reply {layout, epoch, paused or '', jobs, scheduled, completed, dead, cancelled, abandoned, active, now,
--   {totals: field, value ...}, {lane, length, record and trail of its first job ...}}. Cost: O(workers + lanes)
local active = 0
for _, inc in ipairs(call('ZRANGE', WORKERS, 0, -1)) do active = active + heldBy(inc) end
local lanes = {}
for _, lane in ipairs(call('ZRANGE', TURN, 0, 255)) do
  local key = P .. 'lane:' .. lane
  for _, id in ipairs(call('LRANGE', key, 0, 9)) do
    local record, trail = call('HGET', REC, id), call('HGET', ST, id)
    if record and (not trail or readTrail(trail).ghosts == 0) then
      local head = string.match(record, '^[^\n]*')
      for _, part in ipairs({ lane, call('LLEN', key), head, trail or '' }) do lanes[#lanes + 1] = part end
      break
    end
  end
end
local meta = call('HMGET', KEYS[1], 'layout', 'epoch', 'paused')
return { meta[1] or '', meta[2] or '', meta[3] or '', call('HLEN', REC), call('ZCARD', SCHED),
  call('LLEN', P .. 'completed'), call('ZCARD', P .. 'dead'), call('ZCARD', P .. 'cancelled'), call('ZCARD', P .. 'abandoned'), active, now,
  call('HGETALL', STAT), lanes }
