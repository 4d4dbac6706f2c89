-- abandon: active -> abandoned
-- For lanes that are at most once (their name ends in !): the start is known, the end is not, and a second start is
-- worse than none.
-- Cost: none of its own; the batch of `settle` writes it.
abandon = function(t, item, batch)
  finish(t, item, batch, 'A')
end
