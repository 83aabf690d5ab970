-- Gives a chunk back: done, to be taken again at once, or when its next deferred delivery is due, or
-- when the worker that awaits late answers is believed to be gone.
-- keys: due, owners, retries, awaited
-- args: chunk, token, left, first, stop, numbers, lease_ends
--   left: 1 if deliveries are left that may be tried at once
--   first, stop: of the chunk's numbers, and one past the last
--   numbers: those whose answers are awaited, packed (big-endian u32)
-- answers: 1 if the chunk is done, 0 if not, -1 if it was not ours any more
-- include: next_look
if redis.call('HGET', owners, chunk) ~= token then
  return -1
end
redis.call('HDEL', owners, chunk)
for i = 1, #numbers, 4 do
  redis.call('ZADD', awaited, lease_ends, (struct.unpack('>I4', numbers, i)))
end
local again = redis.call('HDEL', owners, 'again:' .. chunk) == 1
if again or left == '1' then
  redis.call('ZADD', due, 0, chunk)
  return 0
end
local at = next_look(retries, awaited, tonumber(first), tonumber(stop))
if at then
  redis.call('ZADD', due, at, chunk)
  return 0
end
redis.call('ZREM', due, chunk)
return 1
