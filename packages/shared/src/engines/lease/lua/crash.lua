-- crash: the worker of a job, or the child process that ran it alone, died with it
-- No attempt is spent; the death is counted, and past the delivery limit the job is dead.
-- Cost: none of its own; the batch of `settle` writes it.
verbs.K = function(t, item, batch)
  t.k = t.k + 1
  batch.stats.redelivered = (batch.stats.redelivered or 0) + 1
  close(t, item, 'k', item.cause)
  giveBack(t, item, batch)
end
