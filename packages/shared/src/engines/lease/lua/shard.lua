-- shard: what every script begins with: the clock, the keys, and what most of them ask
-- KEYS[1] <prefix>meta: layout, epoch, paused, turnSeq, tickAt, elected, large (1: a record of more than 2 KiB was submitted),
--   past (1: a job that has not ended, or a ghost, may have a trail)
-- KEYS[2] <prefix>guard: never exists, so that a script is refused (TRYAGAIN) while its slot is being moved
-- Every other key is derived from the same prefix and hash tag. See docs/decisions/0002-lease-layout.md.
-- Cost: one TIME per script.
local call = redis.call
local P = string.sub(KEYS[1], 1, -5)
local clock = call('TIME')
local nowUsText = clock[1] .. string.sub('00000' .. clock[2], -6) -- texts: to print such numbers costs as much as a call
local now = string.sub(nowUsText, 1, -4)
local nowMs = tonumber(now)

local REC, ST, TURN, SCHED = P .. 'rec', P .. 'st', P .. 'turn', P .. 'sched'
local WORKERS, IDLE, STAT = P .. 'workers', P .. 'idle', P .. 'stat'
local NO_JOB = '#' -- the field of a hold that is no job: see `register`

-- The trails of these ids, as HMGET gives them; nil when none of them has any. Most jobs get theirs when they complete: as
-- long as no other one has any (meta `past`), and no entry of a lane is a ghost, there is nothing to read.
local mayHavePast = true -- until meta says that it is not so
local function trailsOf(ids)
  if not mayHavePast then return nil end
  local trails = call('HMGET', ST, unpack(ids))
  for i = 1, #ids do
    if trails[i] then return trails end
  end
  return nil
end

-- How many jobs an incarnation holds. One field of its hold is none (see `register`).
local function heldBy(inc)
  return math.max(0, call('HLEN', P .. 'hold:' .. inc) - 1)
end

-- Reply: the total.
local function count(field, by)
  return by > 0 and call('HINCRBY', STAT, field, by) or 0
end
