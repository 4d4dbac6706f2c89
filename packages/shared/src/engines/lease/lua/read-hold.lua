-- read-hold: the claims behind some ids of a hold, as `claim` would have returned them. Changes nothing.
-- ARGV incarnation, ids. Reply {ids that were looked at, claims ...}: ids that are not held are left out
-- Cost: 3 calls per id; ends with the record that takes it past 256 KiB.
local answer, room = { 0 }, 262144
for i = 2, #ARGV do
  if room <= 0 then break end
  answer[1] = i - 1
  local id = ARGV[i]
  local held = call('HGET', P .. 'hold:' .. ARGV[1], id) or ''
  local fence, _, n, attempt = string.match(held, '^%d+'), readHold(held)
  local t = readTrail(call('HGET', ST, id))
  if fence then
    local record = call('HGET', REC, id) or ''
    room = room - #record
    answer[#answer + 1] = 'C' .. id .. ' ' .. fence .. ' ' .. n .. ' ' .. attempt .. ' ' .. t.g ..
      (t.k >= SUSPECT_AFTER and ' 1\n' or ' 0\n') .. record
  end
end
return answer
