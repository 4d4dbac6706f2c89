-- trail: how a trail is read and written
-- It is what happened to a job so far: one header line, then one line per delivery (@), and at the end the error
-- (!), result (=) and evidence (~) of its last attempt. A job that was never handed over has none.
-- Header: state finishedAt generation deliveries attempts deaths fence cancel ghosts
--   state  - unfinished, C completed, D dead, X cancelled, A abandoned, G forgotten (kept for its ghosts alone)
--   ghosts entries of this job that still stand in a lane though the job has left it; a claim drops them
-- Nearly all jobs complete in their first delivery. Their trail is c<finishedAt> <fence> <worker>, and what the attempt left.
-- Cost: none.
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
