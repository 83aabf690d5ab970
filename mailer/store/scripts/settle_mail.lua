-- Writes down how an attempt at a service mail ended; the first end of an attempt stands.
-- KEYS: mail, mails due, mails in the state before, mails in the state after, events
-- ARGV: number, attempt it was, state after, reason, now, next try (0: none), event (JSON list),
--       seconds that an ended mail is kept
-- Answers 1, or 0 if that attempt had ended.
local found = redis.call('HMGET', KEYS[1], 'state', 'attempts')
if found[1] ~= 'claimed' or found[2] ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], 'state', ARGV[3], 'reason', ARGV[4], 'at', ARGV[5], 'next', ARGV[6])
redis.call('HDEL', KEYS[1], 'claimed')
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('ZADD', KEYS[4], ARGV[5], ARGV[1])
if ARGV[6] ~= '0' then
  redis.call('ZADD', KEYS[2], ARGV[6], ARGV[1])
else
  redis.call('ZREM', KEYS[2], ARGV[1])
  redis.call('HDEL', KEYS[1], 'to', 'facts')
  redis.call('EXPIRE', KEYS[1], ARGV[8])
end
if ARGV[7] ~= '' then redis.call('XADD', KEYS[5], '*', unpack(cjson.decode(ARGV[7]))) end
return 1
