-- holds: what an incarnation holds, for one that has lost answers; empties its inbox, whose claims are all in the hold
-- ARGV incarnation, epoch. Reply {ok, id, fence, id, fence, ...}; {gone}; {dataset-lost}
-- Cost: O(jobs held).
if call('HGET', KEYS[1], 'epoch') ~= ARGV[2] then return { 'dataset-lost' } end
if call('EXISTS', P .. 'w:' .. ARGV[1]) == 0 then return { 'gone' } end
local answer, held = { 'ok' }, call('HGETALL', P .. 'hold:' .. ARGV[1])
for i = 1, #held, 2 do
  if held[i] ~= NO_JOB then
    answer[#answer + 1] = held[i]
    answer[#answer + 1] = string.match(held[i + 1], '^%d+')
  end
end
call('DEL', P .. 'in:' .. ARGV[1])
return answer
