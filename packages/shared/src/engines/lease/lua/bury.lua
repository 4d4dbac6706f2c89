-- bury: active -> dead
-- The attempt counts; no other one follows.
-- Cost: none of its own; the batch of `settle` writes it.
verbs.B = function(t, item, batch)
  t.a = t.a + 1
  batch.stats.failedAttempts = (batch.stats.failedAttempts or 0) + 1
  close(t, item, 'f', item.cause)
  finish(t, item, batch, 'D')
end
