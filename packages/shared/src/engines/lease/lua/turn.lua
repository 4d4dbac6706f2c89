-- turn: one round trip of a worker: settle what finished, renew the lease, claim for the free slots
-- ARGV incarnation, epoch, leaseMs, deliveryLimit, keep, slots (0: claim nothing), place of the call number (a | b),
--      call number, heartbeat ('' or vitals as JSON), rss, memoryLimit (bytes), items, runs of completed ones,
--      1 when a handler of these may have reported progress, then the items as `settle` reads them
-- Reply {ok, how many workers there are ('' when it is answered from what was noted), refused positions "1,4", claims ...,
--   M when there is more than one call hands out}; {gone} when the incarnation was taken for dead; {dataset-lost}
-- A call that is sent again with the same number settles nothing twice: it is answered from what was noted, and claims
-- nothing (what the first copy claimed is read from the hold).
-- Cost: 6 calls, plus those of `settle` and `claim`.
local FIRST, CLAIM_BYTES, CLAIM_JOBS = 15, 262144, 128
local inc, epoch, leaseMs, slots = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[6])
local meta = call('HMGET', KEYS[1], 'epoch', 'paused', 'historyMax', 'large', 'past')
if meta[1] ~= epoch then return { 'dataset-lost' } end
mayHavePast = meta[5] == '1'
local w = call('HMGET', P .. 'w:' .. inc, 'name', 'types', 'slots', 'call:' .. ARGV[7], 'isIdle')
if not w[1] then return { 'gone' } end
DELIVERY_LIMIT, KEEP = tonumber(ARGV[4]), tonumber(ARGV[5])

local noted = ARGV[8] .. ' '
if w[4] and string.sub(w[4], 1, #noted) == noted then
  return { 'ok', '', string.sub(w[4], #noted + 1) }
end

local refused, hasGivenBack = settle(inc, w[1], ARGV, FIRST, tonumber(ARGV[12]), tonumber(ARGV[13]), ARGV[14] == '1',
  meta[3])
if ARGV[9] ~= '' then
  call('ZADD', WORKERS, nowMs + leaseMs, inc)
  call('HSET', P .. 'w:' .. inc, 'heartbeatAt', now, 'vitals', ARGV[9], 'rss', ARGV[10], 'memoryLimit', ARGV[11],
    'slots', slots)
elseif w[3] ~= ARGV[6] then
  call('HSET', P .. 'w:' .. inc, 'slots', slots)
end

local answer = { 'ok', call('ZCARD', WORKERS), table.concat(refused, ',') }
local want, isCut = slots - heldBy(inc), false
if want > 0 and not meta[2] then
  local got, isFull = claim(inc, w[2], math.min(want, CLAIM_JOBS), CLAIM_BYTES, answer, meta[4])
  want = want - got
  isCut = want > 0 and (isFull or got == CLAIM_JOBS)
end
if isCut then answer[#answer + 1] = 'M' end
local isIdle = want > 0 and not isCut
if isIdle then
  call('ZADD', IDLE, 'NX', nowUsText, inc)
elseif w[5] == '1' then
  call('ZREM', IDLE, inc)
end
call('HSET', P .. 'w:' .. inc, 'call:' .. ARGV[7], noted .. answer[3], 'isIdle', isIdle and 1 or 0)
if hasGivenBack then dispatch() end
return answer
