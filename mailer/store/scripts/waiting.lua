-- Counts the deliveries that wait for rate limits: those in a limit's bitmap that are deferred too.
-- KEYS: deferred, scratch, the bitmap of each limit    Returns a count for each of them.
local counts = {}
for i = 3, #KEYS do
  redis.call('BITOP', 'AND', KEYS[2], KEYS[1], KEYS[i])
  counts[i - 2] = redis.call('BITCOUNT', KEYS[2])
end
redis.call('DEL', KEYS[2])
return counts
