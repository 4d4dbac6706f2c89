-- history-archived: these are stored and may be forgotten. ARGV epoch, keep, then per job: member, finish time
-- A job that has finished again since is left alone. Reply {ok}. Cost: O(jobs)
if call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return { 'dataset-lost' } end
KEEP = tonumber(ARGV[2])
local stored = {}
for i = 3, #ARGV, 2 do
  if call('ZSCORE', UNSTORED, ARGV[i]) == ARGV[i + 1] then stored[#stored + 1] = ARGV[i] end
end
noLongerUnstored(stored)
-- What was held back for the history and is past its count goes now.
for _, state in pairs(FINAL) do prune(state, #stored) end
return { 'ok' }
