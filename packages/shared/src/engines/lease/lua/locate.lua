-- locate: where a job is. Reply: state, trail [, incarnation, hold]; nil when there is no such job.
-- Cost: O(workers) for a job that is waiting or active.
local NAMES = { C = 'completed', D = 'dead', X = 'cancelled', A = 'abandoned' }
local function locate(id)
  if call('HEXISTS', REC, id) == 0 then return nil end
  local t = readTrail(call('HGET', ST, id))
  if NAMES[t.state] then return NAMES[t.state], t end
  if call('ZSCORE', SCHED, id) then return 'scheduled', t end
  for _, inc in ipairs(call('ZRANGE', WORKERS, 0, -1)) do
    local hold = call('HGET', P .. 'hold:' .. inc, id)
    if hold then return 'active', t, inc, hold end
  end
  return 'waiting', t
end
