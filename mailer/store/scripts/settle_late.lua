-- Takes note that late answers of a chunk that was given back came, and are written down.
-- KEYS: due, owners, retries, awaited    ARGV: chunk, 1 if deliveries may be tried at once, first and
--       end of its numbers, the numbers (packed, big-endian u32)
-- Returns 1 if the chunk is done, 0 if not.
-- include: next_look
for i = 1, #ARGV[5], 4 do
  redis.call('ZREM', KEYS[4], (struct.unpack('>I4', ARGV[5], i)))
end
if redis.call('HEXISTS', KEYS[2], ARGV[1]) == 1 then
  -- Another worker has it, and looks at what is left when it gives it back.
  if ARGV[2] == '1' then redis.call('HSET', KEYS[2], 'again:' .. ARGV[1], 1) end
  return 0
end
if ARGV[2] == '1' then
  redis.call('ZADD', KEYS[1], 0, ARGV[1])
  return 0
end
if redis.call('ZSCORE', KEYS[1], ARGV[1]) == '0' then return 0 end
local at = next_look(KEYS[3], KEYS[4], tonumber(ARGV[3]), tonumber(ARGV[4]))
if at then
  redis.call('ZADD', KEYS[1], at, ARGV[1])
  return 0
end
redis.call('ZREM', KEYS[1], ARGV[1])
return 1
