-- inbox: what a worker that waits is sent, and whether it goes on waiting
-- Cost: of `waitsOn` one call, else none.
local INBOX_BYTES = 65536 -- more is not pushed: the worker is told (S) to read it from its hold

-- A claim of a first delivery as an inbox takes it.
local function firstClaim(fence, id, record)
  return 'C' .. id .. ' ' .. fence .. ' 1 1 1 0\n' .. record
end

-- An incarnation was handed something: with slots left it waits behind the others, without any it waits no more.
local function waitsOn(inc, free)
  if free > 0 then
    call('ZADD', IDLE, 'XX', nowUsText, inc)
  else
    call('ZREM', IDLE, inc)
  end
end
