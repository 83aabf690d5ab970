-- Gives the chunk that has waited longest to a worker, for as long as it keeps claiming from it.
-- KEYS: campaign, due, owners    ARGV: the worker's token, lease in ms, now (Unix ms)
-- Returns {chunk}, or {-1, ms until the next one is due, or -1 if none is left}.
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'sending' and state ~= 'cancelled' then
  return {-1, -1}
end
local now = tonumber(ARGV[3])
local due = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if #due == 0 then
  return {-1, -1}
end
if tonumber(due[2]) > now then
  return {-1, tonumber(due[2]) - now}
end
redis.call('ZADD', KEYS[2], now + tonumber(ARGV[2]), due[1])
redis.call('HSET', KEYS[3], due[1], ARGV[1])
return {tonumber(due[1])}
