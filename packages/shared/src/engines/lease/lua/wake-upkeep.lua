-- wake-upkeep: the elected worker sleeps until the next due time that it knows of: an earlier one must wake it
-- Cost: one call, and 4 when it is to be woken.
local function wakeUpkeep(runAt)
  local first = call('ZRANGE', SCHED, 0, 0, 'WITHSCORES')
  if first[2] and tonumber(first[2]) < runAt then return end
  local elected = call('GET', P .. 'upkeep')
  if elected and call('EXISTS', P .. 'w:' .. elected) == 1 and call('LLEN', P .. 'in:' .. elected) < 100 then
    call('RPUSH', P .. 'in:' .. elected, 'T')
  end
end
