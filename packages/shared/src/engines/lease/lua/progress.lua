-- progress: keeps what a handler reported, while its delivery is held. ARGV incarnation, then per report: id, fence, JSON
-- Reply {stored}
-- Cost: 2 calls per report.
local stored = 0
for i = 2, #ARGV, 3 do
  local hold = call('HGET', P .. 'hold:' .. ARGV[1], ARGV[i])
  if hold and string.match(hold, '^%d+') == ARGV[i + 1] then
    call('HSET', P .. 'progress', ARGV[i], ARGV[i + 2])
    stored = stored + 1
  end
end
return { stored }
