-- reopen: dead | cancelled | abandoned -> waiting, as the next generation with fresh attempts
-- ARGV epoch, id. Reply {reopened | unchanged | refused | not-found}
-- The fence of the last generation stays, so that fences grow across generations.
-- Cost: 10 calls, and one `dispatch`.
if call('HGET', KEYS[1], 'epoch') ~= ARGV[1] then return { 'dataset-lost' } end
local id = ARGV[2]
local state, t = locate(id)
if not state then return { 'not-found' } end
if state == 'completed' then return { 'refused' } end
if state ~= 'dead' and state ~= 'cancelled' and state ~= 'abandoned' then return { 'unchanged' } end
local lane = laneOf(call('HGET', REC, id))
if not lane then return { 'refused' } end
local unstoredAt = call('ZSCORE', UNSTORED, id)
if unstoredAt then
  -- The generation that ends here is still to be stored: its trail is set aside under its own name.
  local aside = id .. ' ' .. t.g
  call('HSET', REOPENED, aside, writeTrail(t))
  call('ZREM', UNSTORED, id)
  call('ZADD', UNSTORED, unstoredAt, aside)
end
t.state, t.at, t.g, t.n, t.a, t.k, t.cancel, t.lines = '-', '0', t.g + 1, 0, 0, 0, 0, ''
call('ZREM', P .. state, id)
call('HSET', ST, id, writeTrail(t))
notePast()
enter('RPUSH', lane, { id })
dispatch()
return { 'reopened' }
