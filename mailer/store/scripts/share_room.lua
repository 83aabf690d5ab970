-- Changes what mail counts in its shares of the room; a share that nobody uses is forgotten.
-- keys: shares
-- args: octets, holders*
--   octets: more; fewer, if negative
-- answers: nothing
for _, holder in ipairs(holders) do
  if redis.call('HINCRBY', shares, holder, octets) <= 0 then
    redis.call('HDEL', shares, holder)
  end
end
