-- release: active -> waiting, at the front of its lane, no attempt spent
-- A job whose start may not be repeated is abandoned instead; one that was to be cancelled is cancelled.
-- Cost: none of its own; the batch of `settle` writes it.
verbs.L = function(t, item, batch)
  close(t, item, 'r', item.cause)
  giveBack(t, item, batch)
end
