-- Has events sent to an endpoint again: those after one, up to another.
-- keys: hook, due
-- args: endpoint, after, until_, now
-- answers: 1
redis.call('HSET', hook, 'replay', after, 'replay_until', until_)
-- Whoever has it, or tries it later, finds the replay by itself.
if redis.call('ZSCORE', due, endpoint) == 'inf' then redis.call('ZADD', due, now, endpoint) end
return 1
