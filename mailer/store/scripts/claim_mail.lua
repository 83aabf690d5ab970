-- Claims a service mail for one attempt; the attempt is written down before it is made.
-- keys: mail, due
-- args: now, lease_ends, number
--   lease_ends: until when nobody else may look at it
-- answers: the fields of the mail, or nothing if it is not there, not its turn, or had
local found = redis.call('HMGET', mail, 'state', 'next')
if found[1] ~= 'queued' and found[1] ~= 'deferred' then return {} end
if tonumber(found[2]) > tonumber(now) then return {} end
redis.call('HINCRBY', mail, 'attempts', 1)
redis.call('HSET', mail, 'claimed', found[1], 'state', 'claimed')
redis.call('ZADD', due, lease_ends, number)
return redis.call('HGETALL', mail)
