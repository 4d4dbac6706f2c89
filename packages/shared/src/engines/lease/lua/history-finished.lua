-- history-finished: the oldest finished jobs that are not stored. ARGV epoch, limit, bytes. Changes nothing.
-- Reply {ok, now, then per job: member, finish time, state letter, record, trail}; state '' when the job is gone.
-- Cost: O(limit); stops after about `bytes` of records and trails, with at least one job.
if call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return { 'dataset-lost' } end
local answer, room = { 'ok', now }, tonumber(ARGV[3])
local members = call('ZRANGE', UNSTORED, 0, tonumber(ARGV[2]) - 1, 'WITHSCORES')
for i = 1, #members, 2 do
  if room <= 0 then break end
  local member = members[i]
  local id = string.match(member, '^%S+')
  local record = call('HGET', REC, id)
  local trail = id == member and call('HGET', ST, id) or (id ~= member and call('HGET', REOPENED, member))
  local state = record and trail and readTrail(trail).state or ''
  for _, part in ipairs({ member, members[i + 1], state, record or '', trail or '' }) do answer[#answer + 1] = part end
  room = room - #(record or '') - #(trail or '')
end
return answer
