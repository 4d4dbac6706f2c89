-- workers: who is registered and what each one holds. Changes nothing.
-- Reply, per worker: {incarnation, deadline, {fields ...}, {id, hold ...}}, and the time last
-- Cost: O(workers + jobs that they hold).
local answer = {}
local all = call('ZRANGE', WORKERS, 0, -1, 'WITHSCORES')
for i = 1, #all, 2 do
  answer[#answer + 1] = { all[i], all[i + 1], call('HGETALL', P .. 'w:' .. all[i]), call('HGETALL', P .. 'hold:' .. all[i]) }
end
answer[#answer + 1] = now
return answer
