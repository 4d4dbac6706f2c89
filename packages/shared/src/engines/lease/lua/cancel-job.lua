-- cancel-job: asks for an end. ARGV epoch, id, lane entry follows from where the job is
-- Reply {cancelled | requested | unchanged | refused | not-found}
-- Cost: O(workers) for a job that waits or runs, plus 4 calls.
if call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return { 'dataset-lost' } end
local id = ARGV[2]
local state, t, inc, hold = locate(id)
if not state then return { 'not-found' } end
if state == 'cancelled' then return { 'unchanged' } end
if state == 'active' then
  if t.cancel == 1 then return { 'requested' } end
  t.cancel = 1
  call('HSET', ST, id, writeTrail(t))
  notePast()
  call('RPUSH', P .. 'in:' .. inc, 'X' .. id .. ' ' .. string.match(hold, '^%d+'))
  return { 'requested' }
end
if state ~= 'waiting' and state ~= 'scheduled' then return { 'refused' } end
if state == 'waiting' then t.ghosts = t.ghosts + 1 else call('ZREM', SCHED, id) end
t.state, t.at, t.cancel = 'X', now, 0
call('HSET', ST, id, writeTrail(t))
notePast()
call('ZADD', P .. 'cancelled', now, id)
count('cancelled', 1)
awaitStore({ id })
return { 'cancelled' }
