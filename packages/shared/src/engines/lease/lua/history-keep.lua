-- history-keep: from now on no finished job is forgotten before it is stored. ARGV epoch, historyMax (bytes), strict (0 | 1)
-- Reply {ok}. What has finished before is taken in once; its size is estimated from a sample. Cost then: O(finished jobs)
if call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return { 'dataset-lost' } end
local isNew = call('HEXISTS', KEYS[1], 'historyMax') == 0
call('HSET', KEYS[1], 'historyMax', ARGV[2], 'historyStrict', ARGV[3])
if isNew then
  call('ZUNIONSTORE', UNSTORED, 3, P .. 'dead', P .. 'cancelled', P .. 'abandoned')
  for _, id in ipairs(call('LRANGE', P .. 'completed', 0, -1)) do
    call('ZADD', UNSTORED, readTrail(call('HGET', ST, id)).at, id)
  end
  local sample = call('ZRANGE', UNSTORED, 0, 99)
  local average = #sample == 0 and 0 or weigh(sample) / #sample
  call('HSET', KEYS[1], 'unstoredBytes', string.format('%.0f', average * call('ZCARD', UNSTORED)))
end
return { 'ok' }
