-- Gives a chunk back: done, to be taken again at once, or when its next deferred delivery is due, or
-- when the worker that awaits late answers is believed to be gone.
-- KEYS: due, owners, retries, awaited    ARGV: chunk, token, 1 if deliveries are left that may be tried
--       at once, first and end of its numbers, awaited numbers (packed, big-endian u32), until when
-- Returns 1 if the chunk is done, 0 if not, -1 if it was not ours any more.
-- include: next_look
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then
  return -1
end
redis.call('HDEL', KEYS[2], ARGV[1])
for i = 1, #ARGV[6], 4 do
  redis.call('ZADD', KEYS[4], ARGV[7], (struct.unpack('>I4', ARGV[6], i)))
end
local again = redis.call('HDEL', KEYS[2], 'again:' .. ARGV[1]) == 1
if again or ARGV[3] == '1' then
  redis.call('ZADD', KEYS[1], 0, ARGV[1])
  return 0
end
local at = next_look(KEYS[3], KEYS[4], tonumber(ARGV[4]), tonumber(ARGV[5]))
if at then
  redis.call('ZADD', KEYS[1], at, ARGV[1])
  return 0
end
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
