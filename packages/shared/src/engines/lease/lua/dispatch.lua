-- dispatch: hands what has just become claimable to workers that wait for work.
-- One hop: the hold is written and the job itself is pushed to the inbox that the worker blocks on. A large batch is not
-- pushed: the worker is told (S) to read it from its hold.
-- One call hands out so much and no more; the workers that are left are told (S) to come for themselves, so that no call
-- stands long in everybody's way.
--   spent  jobs that this call has already moved
-- Cost: O(idle workers), at most 64 of them, plus the claim of at most 128 jobs or 256 KiB, and of one more.
local CLAIM_BYTES, CLAIM_JOBS = 262144, 128

-- What `claim` gave out, one string per job, as an inbox takes it. Reply: the strings, and their bytes.
local function oneByOne(out)
  local claims, bytes = {}, 0
  for _, part in ipairs(out) do
    if type(part) == 'string' then
      claims[#claims + 1] = part
    else
      for i, id in ipairs(part[2]) do claims[#claims + 1] = firstClaim(part[1], id, part[3][i]) end
    end
  end
  for _, text in ipairs(claims) do bytes = bytes + #text end
  return claims, bytes
end

local function dispatch(spent)
  local idle = call('ZRANGE', IDLE, 0, 63)
  if #idle == 0 then return end
  local meta = call('HMGET', KEYS[1], 'paused', 'large', 'past')
  if meta[1] then return end
  mayHavePast = meta[3] == '1'
  local waiting, jobs, room = 0, CLAIM_JOBS - (spent or 0), CLAIM_BYTES
  for _, lane in ipairs(call('ZRANGE', TURN, 0, 255)) do waiting = waiting + call('LLEN', P .. 'lane:' .. lane) end
  for at, inc in ipairs(idle) do
    if waiting <= 0 then return end
    local w = call('HMGET', P .. 'w:' .. inc, 'types', 'slots')
    local free = w[2] and tonumber(w[2]) - heldBy(inc) or 0
    local share = math.min(free, math.ceil(waiting / (#idle - at + 1)))
    local out, isFull = {}, false
    if share > 0 and jobs > 0 and room > 0 then
      isFull = select(2, claim(inc, w[1], math.min(share, jobs), room, out, meta[2]))
    end
    local claims, bytes = oneByOne(out)
    jobs, room = jobs - #claims, isFull and 0 or room - bytes
    local isCut = #claims < share and (jobs <= 0 or room <= 0)
    waiting = waiting - (isCut and share or #claims)
    if isCut or bytes > INBOX_BYTES then
      call('RPUSH', P .. 'in:' .. inc, 'S')
    elseif #claims > 0 then
      call('RPUSH', P .. 'in:' .. inc, unpack(claims))
    end
    if isCut or #claims > 0 or free <= 0 then waitsOn(inc, isCut and 0 or free - #claims) end
  end
end
