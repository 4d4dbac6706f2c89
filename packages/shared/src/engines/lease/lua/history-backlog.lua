-- history-backlog: what waits to be stored. Changes nothing. Reply {jobs, bytes, oldest finish time or '', dropped}
-- Cost: 3 calls.
local meta = call('HMGET', KEYS[1], 'unstoredBytes', 'historyDropped')
local oldest = call('ZRANGE', UNSTORED, 0, 0, 'WITHSCORES')
return { call('ZCARD', UNSTORED), meta[1] or '0', oldest[2] or '', meta[2] or '0' }
