-- history-release: there is no history any more. ARGV epoch. Reply {ok}
-- Cost: 3 calls; the sets are freed in the background.
if call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return { 'dataset-lost' } end
call('HDEL', KEYS[1], 'historyMax', 'historyStrict', 'unstoredBytes')
call('UNLINK', UNSTORED, REOPENED)
return { 'ok' }
