-- register: a worker joins
-- ARGV incarnation, epoch, leaseMs, name, then pairs for its record (host, pid, version, types, slots ...)
-- Reply {ok}; {taken, incarnation} when another incarnation has the name; {dataset-lost}
-- Cost: 6 calls.
local inc, name = ARGV[1], ARGV[4]
if call('HGET', KEYS[1], 'epoch') ~= ARGV[2] then return { 'dataset-lost' } end
local other = call('HGET', P .. 'names', name)
if other and other ~= inc and call('EXISTS', P .. 'w:' .. other) == 1 then return { 'taken', other } end
call('HSET', P .. 'names', name, inc)
call('ZADD', WORKERS, nowMs + tonumber(ARGV[3]), inc)
call('HSET', P .. 'w:' .. inc, 'name', name, 'startedAt', now, 'heartbeatAt', now, unpack(ARGV, 5))
return { 'ok' }
