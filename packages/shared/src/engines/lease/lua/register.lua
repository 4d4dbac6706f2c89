-- register: a worker joins
-- ARGV incarnation, epoch, leaseMs, name, then pairs for its record (host, pid, version, types, slots ...)
-- Reply {ok}; {taken, incarnation} when another incarnation has the name; {dataset-lost}
-- Cost: 7 calls.
local inc, name = ARGV[1], ARGV[4]
if call('HGET', KEYS[1], 'epoch') ~= ARGV[2] then return { 'dataset-lost' } end
local other = call('HGET', P .. 'names', name)
if other and other ~= inc and call('EXISTS', P .. 'w:' .. other) == 1 then return { 'taken', other } end
call('HSET', P .. 'names', name, inc)
-- A small hash is a list that each of a hundred jobs is searched for, three times; one with a value of more than 64 bytes is
-- a table.
call('HSET', P .. 'hold:' .. inc, NO_JOB, string.rep('.', 65))
call('ZADD', WORKERS, nowMs + tonumber(ARGV[3]), inc)
call('HSET', P .. 'w:' .. inc, 'name', name, 'startedAt', now, 'heartbeatAt', now, unpack(ARGV, 5))
return { 'ok' }
