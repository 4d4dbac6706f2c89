-- deregister: a worker leaves; what it still holds goes back
-- ARGV incarnation, deliveryLimit, keep, cause (leaving, replaced, connection-closed). Reply {taken back}
-- Cost: O(jobs it holds), and one `dispatch` when there were any.
DELIVERY_LIMIT, KEEP = tonumber(ARGV[2]), tonumber(ARGV[3])
if call('EXISTS', P .. 'w:' .. ARGV[1]) == 0 then return { 0 } end
local moved = reap(ARGV[1], ARGV[4])
if moved > 0 then dispatch(moved) end
return { moved }
