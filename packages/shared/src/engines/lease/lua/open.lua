-- open: says what data set this is, makes a new one when there is none, and migrates one of an older layout
-- ARGV layout, the oldest layout whose processes may work beside it, epoch to use when there is none yet
-- Reply {layout, epoch, oldest}; {busy, name of a worker} while one lives that is too old to work beside this layout
-- Cost: 2 calls; a migration: O(workers), and from a layout before 3 O(completed jobs that are kept).
local layout, oldest = tonumber(ARGV[1]), tonumber(ARGV[2])
local meta = call('HMGET', KEYS[1], 'layout', 'epoch', 'oldest')
if not meta[2] then
  call('HSET', KEYS[1], 'layout', ARGV[1], 'epoch', ARGV[3], 'oldest', ARGV[2])
  return { ARGV[1], ARGV[3], ARGV[2] }
end
-- Layout 1 did not write down what may work beside it: itself alone.
local found = { tonumber(meta[1]), meta[2], tonumber(meta[3] or meta[1]) }
if found[1] >= layout then return { found[1], found[2], found[3] } end

for _, inc in ipairs(call('ZRANGE', WORKERS, now, '+inf', 'BYSCORE')) do
  local w = call('HMGET', P .. 'w:' .. inc, 'layout', 'name')
  if tonumber(w[1] or '1') < oldest then return { 'busy', w[2] or inc } end
end
if found[1] < 3 and call('TYPE', P .. 'completed').ok == 'zset' then
  local ids = call('ZRANGE', P .. 'completed', 0, -1)
  call('DEL', P .. 'completed')
  for from = 1, #ids, 1000 do call('RPUSH', P .. 'completed', unpack(ids, from, math.min(from + 999, #ids))) end
end
call('HSET', KEYS[1], 'layout', ARGV[1], 'oldest', ARGV[2])
notePast()
return { layout, meta[2], oldest }
