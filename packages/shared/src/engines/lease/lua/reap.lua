-- reap: active -> waiting | dead | cancelled
-- Takes everything from an incarnation that is gone, and forgets it. Oldest claims end up nearest to the front.
--   cause  why it is held for dead: connection-closed, lease-expired, replaced
-- Reply: how many jobs were taken back. Cost: O(jobs held); nothing that waits is looked at.
local function reap(inc, cause)
  local w = call('HMGET', P .. 'w:' .. inc, 'name', 'rss', 'memoryLimit')
  local limit = tonumber(w[3] or '0') or 0
  if limit > 0 and (tonumber(w[2] or '0') or 0) > 0.9 * limit then cause = 'oom-suspected' end
  local held, claims, from = call('HGETALL', P .. 'hold:' .. inc), {}, {}
  for i = 1, #held, 2 do
    local fence = string.match(held[i + 1], '^%d+')
    if held[i] ~= NO_JOB then claims[#claims + 1] = { id = held[i], fence = fence, at = tonumber(fence) } end
  end
  table.sort(claims, function(a, b) return a.at > b.at end)
  for i, claimed in ipairs(claims) do
    local at = i * 6 - 6
    from[at + 1], from[at + 2], from[at + 3] = claimed.id, claimed.fence, 'K'
    from[at + 4], from[at + 5], from[at + 6] = '0', cause, ''
  end
  settle(inc, w[1] or '?', from, 1, #claims, 0, true, call('HEXISTS', KEYS[1], 'historyMax') == 1)
  call('DEL', P .. 'hold:' .. inc, P .. 'in:' .. inc, P .. 'w:' .. inc)
  call('ZREM', WORKERS, inc)
  call('ZREM', IDLE, inc)
  if w[1] and call('HGET', P .. 'names', w[1]) == inc then call('HDEL', P .. 'names', w[1]) end
  return #claims
end
