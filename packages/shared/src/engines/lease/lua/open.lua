-- open: says what data set this is, and makes a new one when there is none
-- ARGV layout (a whole number), epoch to use when there is none yet. Reply {layout, epoch}
call('HSETNX', KEYS[1], 'layout', ARGV[1])
call('HSETNX', KEYS[1], 'epoch', ARGV[2])
return call('HMGET', KEYS[1], 'layout', 'epoch')
