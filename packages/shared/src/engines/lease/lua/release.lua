-- release: active -> waiting, at the front of its lane, no attempt spent
-- A job whose start may not be repeated is abandoned instead; one that was to be cancelled is cancelled.
verbs.L = function(t, item, batch)
  close(t, item, 'r', item.cause)
  giveBack(t, item, batch)
end
