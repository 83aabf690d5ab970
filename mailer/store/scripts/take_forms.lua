-- Hands out the forms that nobody has acted on, for a while; each knows how often it was handed out.
-- keys: due, forms, attempts
-- args: now, lease_ends, most
--   now, lease_ends: Unix seconds; most: how many
-- answers: number, attempt and form (JSON) of each, one after the other
local found = {}
local turns = redis.call('ZRANGE', due, '-inf', now, 'BYSCORE', 'LIMIT', 0, most)
for _, number in ipairs(turns) do
  local form = redis.call('HGET', forms, number)
  if form then
    redis.call('ZADD', due, lease_ends, number)
    found[#found + 1] = number
    found[#found + 1] = redis.call('HINCRBY', attempts, number, 1)
    found[#found + 1] = form
  else
    redis.call('ZREM', due, number)
    redis.call('HDEL', attempts, number)
  end
end
return found
