-- retry: active -> scheduled (or dead, for a lane that is at most once; or cancelled, when that was asked for)
-- The attempt counts; the next one is due in item.number ms.
-- Cost: none of its own; the batch of `settle` writes it.
verbs.R = function(t, item, batch)
  t.a = t.a + 1
  batch.stats.failedAttempts = (batch.stats.failedAttempts or 0) + 1
  close(t, item, 'f', item.cause)
  if t.cancel == 1 then return finish(t, item, batch, 'X') end
  if item.atMostOnce then return finish(t, item, batch, 'D') end
  if t.n >= DELIVERY_LIMIT then return finish(t, item, batch, 'D') end
  local due = nowMs + item.number
  batch.scheduled[#batch.scheduled + 1] = string.format('%.0f', due)
  batch.scheduled[#batch.scheduled + 1] = item.id
  if due < batch.firstDue then batch.firstDue = due end
end
