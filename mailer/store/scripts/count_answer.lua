-- Counts an answer against all its limits, unless one of them is used up.
-- KEYS: one counter for each limit    ARGV: for each limit: how many, in how many seconds
-- Answers 0 if it is counted, or the place of the limit that is used up.
for place = 1, #KEYS do
  if tonumber(redis.call('GET', KEYS[place]) or '0') >= tonumber(ARGV[2 * place - 1]) then
    return place
  end
end
for place = 1, #KEYS do
  redis.call('INCR', KEYS[place])
  redis.call('EXPIRE', KEYS[place], 2 * ARGV[2 * place])
end
return 0
