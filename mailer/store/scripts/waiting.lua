-- Counts the deliveries that wait for rate limits: those in a limit's bitmap that are deferred too.
-- keys: deferred, scratch, bitmaps*
--   bitmaps: of each limit
-- answers: a count for each of them
local counts = {}
for place, bitmap in ipairs(bitmaps) do
  redis.call('BITOP', 'AND', scratch, deferred, bitmap)
  counts[place] = redis.call('BITCOUNT', scratch)
end
redis.call('DEL', scratch)
return counts
