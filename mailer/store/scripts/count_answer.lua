-- Counts an answer against all its limits, unless one of them is used up.
-- keys: counters*
-- args: limits_json
--   limits_json: for each counter {how many, in how many seconds}
-- answers: 0 if it is counted, or the place of the limit that is used up
local limits = cjson.decode(limits_json)
for place, counter in ipairs(counters) do
  if tonumber(redis.call('GET', counter) or '0') >= limits[place][1] then
    return place
  end
end
for place, counter in ipairs(counters) do
  redis.call('INCR', counter)
  redis.call('EXPIRE', counter, 2 * limits[place][2])
end
return 0
