-- read-hold: the claims behind some ids of a hold, as `claim` would have returned them. Changes nothing.
-- ARGV incarnation, ids. Reply {claims ...}: ids that are not held are left out
-- Cost: 3 calls per id.
local answer = {}
for i = 2, #ARGV do
  local id = ARGV[i]
  local fence, n, attempt = string.match(call('HGET', P .. 'hold:' .. ARGV[1], id) or '', '^(%d+) %d+ (%d+) (%d+) ')
  local t = readTrail(call('HGET', ST, id))
  if fence then
    answer[#answer + 1] = 'C' .. id .. ' ' .. fence .. ' ' .. n .. ' ' .. attempt .. ' ' .. t.g ..
      (t.k >= SUSPECT_AFTER and ' 1\n' or ' 0\n') .. (call('HGET', REC, id) or '')
  end
end
return answer
