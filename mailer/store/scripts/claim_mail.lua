-- Claims a service mail for one attempt; the attempt is written down before it is made.
-- KEYS: mail, mails due    ARGV: now, until when nobody else may look at it, number
-- Answers the fields of the mail, or nothing if it is not there, not its turn, or had.
local found = redis.call('HMGET', KEYS[1], 'state', 'next')
if found[1] ~= 'queued' and found[1] ~= 'deferred' then return {} end
if tonumber(found[2]) > tonumber(ARGV[1]) then return {} end
redis.call('HINCRBY', KEYS[1], 'attempts', 1)
redis.call('HSET', KEYS[1], 'claimed', found[1], 'state', 'claimed')
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
return redis.call('HGETALL', KEYS[1])
