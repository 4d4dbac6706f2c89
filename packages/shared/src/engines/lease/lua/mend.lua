-- mend: looks again at one thing that seemed out of place, and puts it right. ARGV what, name [, member], 1 to mend | 0
--   job      a record that is in no state: back to the tail of its lane
--   trail    a trail without a record and without ghosts: away
--   member   a member of a state or of progress without a record: away (name: the key's last part)
--   holder   a hold, an inbox or a worker's hash whose incarnation is not registered: reaped
-- Reply {1 when it was out of place, else 0}
-- Cost: O(workers); for a job also the length of its lane; for a holder O(jobs held).
local what, name = ARGV[1], ARGV[2]
local mends = ARGV[4] == '1'
if what == 'job' then
  local state = locate(name)
  local record = call('HGET', REC, name)
  local lane = record and laneOf(record)
  if state ~= 'waiting' or (lane and call('LPOS', P .. 'lane:' .. lane, name)) then return { 0 } end
  if mends and lane then enter('RPUSH', lane, { name }) end
  if mends and not lane then call('HDEL', REC, name) end
elseif what == 'trail' then
  local text = call('HGET', ST, name)
  if not text or call('HEXISTS', REC, name) == 1 or readTrail(text).ghosts > 0 then return { 0 } end
  if mends then call('HDEL', ST, name) end
elseif what == 'member' then
  if call('HEXISTS', REC, ARGV[3]) == 1 then return { 0 } end
  if mends and name == 'progress' then call('HDEL', P .. name, ARGV[3]) end
  if mends and name ~= 'progress' then unlist(name, { ARGV[3] }) end
elseif what == 'holder' then
  if call('ZSCORE', WORKERS, name) then return { 0 } end
  if mends then reap(name, 'lease-expired') end
end
if mends then dispatch() end
return { 1 }
