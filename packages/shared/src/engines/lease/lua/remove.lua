-- remove: forgets a job that is not active. ARGV epoch, id. Reply {removed | refused | not-found}
-- Cost: O(workers) for a job that waits, O(jobs kept) for a completed one, plus 6 calls.
if call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return { 'dataset-lost' } end
local id = ARGV[2]
local state, t = locate(id)
if not state then return { 'not-found' } end
if state == 'active' then return { 'refused' } end
if state == 'waiting' or state == 'scheduled' then
  if state == 'waiting' then t.ghosts = t.ghosts + 1 else call('ZREM', SCHED, id) end
  t.state = 'G'
  call('HSET', ST, id, writeTrail(t))
  notePast()
  state = 'cancelled'
end
if call('ZSCORE', UNSTORED, id) then noLongerUnstored({ id }) end
unlist(state, { id })
forget(state, { id })
return { 'removed' }
