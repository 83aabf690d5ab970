-- Gives the chunk that has waited longest to a worker, for as long as it keeps claiming from it.
-- keys: campaign, due, owners
-- args: token, lease_ms, now_ms
--   token: the worker's
-- answers: {chunk}, or {-1, ms until the next one is due, or -1 if none is left}
local state = redis.call('HGET', campaign, 'state')
if state ~= 'sending' and state ~= 'cancelled' then
  return {-1, -1}
end
local now = tonumber(now_ms)
local soonest = redis.call('ZRANGE', due, 0, 0, 'WITHSCORES')
if #soonest == 0 then
  return {-1, -1}
end
if tonumber(soonest[2]) > now then
  return {-1, tonumber(soonest[2]) - now}
end
redis.call('ZADD', due, now + tonumber(lease_ms), soonest[1])
redis.call('HSET', owners, soonest[1], token)
return {tonumber(soonest[1])}
