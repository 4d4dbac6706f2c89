-- pause, resume: stops or starts the handing out of jobs. ARGV epoch, 1 | 0. Reply {ok}
-- Cost: 2 calls, and one `dispatch` at a resume.
if call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return { 'dataset-lost' } end
if ARGV[2] == '1' then
  call('HSET', KEYS[1], 'paused', now)
elseif call('HDEL', KEYS[1], 'paused') == 1 then
  dispatch()
end
return { 'ok' }
