-- Takes note that late answers of a chunk that was given back came, and are written down.
-- keys: due, owners, retries, awaited
-- args: chunk, left, first, stop, numbers
--   left: 1 if deliveries may be tried at once
--   first, stop: of the chunk's numbers, and one past the last
--   numbers: those that came, packed (big-endian u32)
-- answers: 1 if the chunk is done, 0 if not
-- include: next_look
for i = 1, #numbers, 4 do
  redis.call('ZREM', awaited, (struct.unpack('>I4', numbers, i)))
end
if redis.call('HEXISTS', owners, chunk) == 1 then
  -- Another worker has it, and looks at what is left when it gives it back.
  if left == '1' then redis.call('HSET', owners, 'again:' .. chunk, 1) end
  return 0
end
if left == '1' then
  redis.call('ZADD', due, 0, chunk)
  return 0
end
if redis.call('ZSCORE', due, chunk) == '0' then return 0 end
local at = next_look(retries, awaited, tonumber(first), tonumber(stop))
if at then
  redis.call('ZADD', due, at, chunk)
  return 0
end
redis.call('ZREM', due, chunk)
return 1
