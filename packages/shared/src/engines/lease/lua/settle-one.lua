-- settle-one: one item of a batch that is not the common case: another end than completed, or a job with a past
-- Adds to the batch. Reply: the trail, to be written with the others. Cost: none of its own.
--   verb  C complete R retry B bury L release K crash X cancel
local function settleOne(id, fence, verb, delayMs, cause, body, held, trail, worker, batch)
  local startedAt, n, attempt, lane = readHold(held)
  local item = { id = id, fence = fence, number = delayMs, cause = cause, body = body, worker = worker }
  item.startedAt, item.n, item.attempt, item.lane = startedAt, tonumber(n), attempt, lane
  item.atMostOnce = string.find(lane, '!', 1, true) ~= nil
  local t = readTrail(trail)
  verbs[verb](t, item, batch)
  return writeTrail(t)
end
