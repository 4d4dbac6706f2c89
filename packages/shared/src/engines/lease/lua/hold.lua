-- hold: reads the hold of a job: <fence> <lane> for one that is held for the first time, else
-- <fence> <startedAt> <delivery> <attempt> <lane>
-- Reply: startedAt (epoch ms, text), delivery, attempt, lane. Cost: none.
local function readHold(held)
  local fence, first = string.match(held, '^(%d+) (%S+)$')
  if fence then return string.sub(fence, 1, -4), '1', '1', first end
  return string.match(held, '^%d+ (%d+) (%d+) (%d+) (.+)$')
end
