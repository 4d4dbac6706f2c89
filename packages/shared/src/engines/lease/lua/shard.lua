-- shard: what every script begins with: the clock, the keys, and how a trail is read and written.
-- KEYS[1] <prefix>meta: layout, epoch, paused, turnSeq, tickAt, elected, large (1: a record of more than 2 KiB was submitted),
--   past (1: a job that has not ended, or a ghost, may have a trail)
-- KEYS[2] <prefix>guard: never exists, so that a script is refused (TRYAGAIN) while its slot is being moved
-- Every other key is derived from the same prefix and hash tag. See docs/decisions/0002-lease-layout.md.
-- Cost: one TIME per script.
local call = redis.call
local P = string.sub(KEYS[1], 1, -5)
local clock = call('TIME')
local nowUs = clock[1] * 1000000 + clock[2]
local nowMs = math.floor(nowUs / 1000)
local now, nowUsText = string.format('%.0f', nowMs), string.format('%.0f', nowUs)

local REC, ST, TURN, SCHED = P .. 'rec', P .. 'st', P .. 'turn', P .. 'sched'
local WORKERS, IDLE, STAT = P .. 'workers', P .. 'idle', P .. 'stat'
local NO_JOB = '#' -- the field of a hold that is no job: see `register`

-- A trail is what happened to a job so far: one header line, then one line per delivery (@), and at the end the error
-- (!), result (=) and evidence (~) of its last attempt. A job that was never handed over has none.
-- Header: state finishedAt generation deliveries attempts deaths fence cancel ghosts
--   state  - unfinished, C completed, D dead, X cancelled, A abandoned, G forgotten (kept for its ghosts alone)
--   ghosts entries of this job that still stand in a lane though the job has left it; a claim drops them
-- Nearly all jobs complete in their first delivery. Their trail is c<finishedAt> <fence> <worker>, and what the attempt left.
local readTrail
function readTrail(text)
  if not text then
    return { state = '-', at = '0', g = 1, n = 0, a = 0, k = 0, f = 0, cancel = 0, ghosts = 0, lines = '' }
  end
  local endedAt, fence, worker, left = string.match(text, '^c(%d+) (%d+) ([^\n]*)()')
  if endedAt then
    local line = '\n@1,1,' .. worker .. ',' .. fence .. ',,,c,'
    return {
      state = 'C', at = endedAt, g = 1, n = 1, a = 1, k = 0, f = tonumber(fence), cancel = 0, ghosts = 0,
      lines = line .. string.sub(text, left),
    }
  end
  local state, at, g, n, a, k, f, cancel, ghosts, rest =
    string.match(text, '^(%S) (%d+) (%d+) (%d+) (%d+) (%d+) (%d+) (%d) (%d+)()')
  if not state then return readTrail(nil) end -- unreadable: begin anew rather than fail the batch
  return {
    state = state, at = at, g = tonumber(g), n = tonumber(n), a = tonumber(a), k = tonumber(k), f = tonumber(f),
    cancel = tonumber(cancel), ghosts = tonumber(ghosts), lines = string.sub(text, rest),
  }
end

local function writeTrail(t)
  return string.format('%s %s %d %d %d %d %.0f %d %d%s',
    t.state, t.at, t.g, t.n, t.a, t.k, t.f, t.cancel, t.ghosts, t.lines)
end

-- The deliveries of a trail, without the error, result and evidence of an attempt that is over.
local function deliveryLines(lines)
  local cut = string.find(lines, '\n[!=~]')
  return cut and string.sub(lines, 1, cut - 1) or lines
end

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

-- From now on a job that waits or runs, or an entry of a lane, may have a trail; `tick` looks whether that is still so.
local function notePast()
  mayHavePast = true
  call('HSET', KEYS[1], 'past', 1)
end

-- How many jobs an incarnation holds. One field of its hold is none (see `register`).
local function heldBy(inc)
  return math.max(0, call('HLEN', P .. 'hold:' .. inc) - 1)
end

-- Reply: the total.
local function count(field, by)
  return by > 0 and call('HINCRBY', STAT, field, by) or 0
end

-- The lane of a record: the first element of its header.
local function laneOf(record)
  return string.match(record, '^%["([012][a-z0-9][a-z0-9_-]*!?)",')
end

local SPREAD = 281474976710656 -- 2^48: keeps the priorities apart in the scores of the turn list
local function nextTurn(lane)
  return string.format('%.0f', tonumber(string.sub(lane, 1, 1)) * SPREAD + call('HINCRBY', KEYS[1], 'turnSeq', 1))
end

-- Puts ids at the tail (RPUSH) or the front (LPUSH) of a lane; a lane that was empty joins the turn list.
local function enter(push, lane, ids)
  local from = 1
  while from <= #ids do
    local to = math.min(from + 999, #ids)
    local length = call(push, P .. 'lane:' .. lane, unpack(ids, from, to))
    if length == to - from + 1 then call('ZADD', TURN, 'NX', nextTurn(lane), lane) end
    from = to + 1
  end
end

-- The elected worker sleeps until the next due time that it knows of: an earlier one must wake it.
local function wakeUpkeep(runAt)
  local first = call('ZRANGE', SCHED, 0, 0, 'WITHSCORES')
  if first[2] and tonumber(first[2]) < runAt then return end
  local elected = call('GET', P .. 'upkeep')
  if elected and call('EXISTS', P .. 'w:' .. elected) == 1 and call('LLEN', P .. 'in:' .. elected) < 100 then
    call('RPUSH', P .. 'in:' .. elected, 'T')
  end
end
