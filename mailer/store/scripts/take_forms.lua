-- Hands out the forms that nobody has acted on, for a while; each knows how often it was handed out.
--
-- KEYS  1 forms due  2 forms  3 attempts
-- ARGV  1 now (Unix seconds)  2 until when they are the caller's  3 how many at most
-- Answers number, attempt and form (JSON) of each, one after the other.
local found = {}
local due = redis.call('ZRANGE', KEYS[1], '-inf', ARGV[1], 'BYSCORE', 'LIMIT', 0, ARGV[3])
for _, number in ipairs(due) do
  local form = redis.call('HGET', KEYS[2], number)
  if form then
    redis.call('ZADD', KEYS[1], ARGV[2], number)
    found[#found + 1] = number
    found[#found + 1] = redis.call('HINCRBY', KEYS[3], number, 1)
    found[#found + 1] = form
  else
    redis.call('ZREM', KEYS[1], number)
    redis.call('HDEL', KEYS[3], number)
  end
end
return found
