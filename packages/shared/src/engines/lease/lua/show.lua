-- show: jobs by id. ARGV ids. Reply, per id: '' when there is none, else
--   {state, record, trail or '', due time | worker name or '', hold or '', progress or '', now}. Changes nothing.
-- Cost: 3 calls per id, and O(workers) for one that waits or runs.
local answer = {}
for i, id in ipairs(ARGV) do
  local state, _, inc, hold = locate(id)
  if not state then
    answer[i] = ''
  else
    local extra = ''
    if state == 'scheduled' then extra = call('ZSCORE', SCHED, id) end
    if inc then extra = call('HGET', P .. 'w:' .. inc, 'name') or '?' end
    answer[i] = { state, call('HGET', REC, id) or '', call('HGET', ST, id) or '', extra, hold or '',
      call('HGET', P .. 'progress', id) or '', now }
  end
end
return answer
