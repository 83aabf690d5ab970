-- Gives a chunk back: done, to be taken again at once, or when its next deferred delivery is due.
-- KEYS: due, owners, retries    ARGV: chunk, token, 1 if deliveries are left that may be tried at once
-- Returns 1 if the chunk is done, 0 if not, -1 if it was not ours any more.
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then
  return -1
end
redis.call('HDEL', KEYS[2], ARGV[1])
if ARGV[3] == '1' then
  redis.call('ZADD', KEYS[1], 0, ARGV[1])
  return 0
end
local next = redis.call('ZRANGE', KEYS[3], 0, 0, 'WITHSCORES')
if #next > 0 then
  redis.call('ZADD', KEYS[1], next[2], ARGV[1])
  return 0
end
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
