-- cancel: waiting -> cancelled, scheduled -> cancelled; active -> the request is recorded and its worker told
-- The settle of an active job makes the move when its handler has stopped.
-- Cost: none of its own; the batch of `settle` writes it.
verbs.X = function(t, item, batch)
  close(t, item, 'x', '')
  finish(t, item, batch, 'X')
end
