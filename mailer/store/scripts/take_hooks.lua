-- Gives endpoints whose time has come to a worker; they come due again when its lease ends.
-- keys: due
-- args: prefix, token, now, lease_ends, most
--   prefix: of the endpoints' hashes; now, lease_ends: Unix milliseconds
-- answers: id and failures in a row of each, one after the other
local found = {}
local turns = redis.call('ZRANGE', due, '-inf', now, 'BYSCORE', 'LIMIT', 0, most)
for _, endpoint in ipairs(turns) do
  redis.call('ZADD', due, lease_ends, endpoint)
  redis.call('HSET', prefix .. endpoint, 'holder', token)
  found[#found + 1] = endpoint
  found[#found + 1] = redis.call('HGET', prefix .. endpoint, 'failures') or '0'
end
return found
