-- complete: active -> completed
-- The attempt counts; the result and the evidence stand at the end of the trail.
-- Cost: none of its own; the batch of `settle` writes it.
verbs.C = function(t, item, batch)
  t.a = t.a + 1
  close(t, item, 'c', '')
  finish(t, item, batch, 'C')
end
