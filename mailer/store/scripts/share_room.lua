-- Changes what mail counts in its shares of the room; a share that nobody uses is forgotten.
-- KEYS: shares    ARGV: octets more (negative: fewer), then the fields
for place = 2, #ARGV do
  if redis.call('HINCRBY', KEYS[1], ARGV[place], ARGV[1]) <= 0 then
    redis.call('HDEL', KEYS[1], ARGV[place])
  end
end
