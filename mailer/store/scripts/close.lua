-- Ends a campaign whose books were counted and balance; the count and the end are one step apart,
-- so the outcomes are compared once more.
-- KEYS: campaign, open campaigns, accepted, rejected, skipped, unknown, due, resend, events,
--       late answers awaited
-- ARGV: campaign, new state by old state as JSON, instant, accepted, rejected, skipped, unknown, event as JSON
-- Returns 1 if this call ended it, 0 if something has changed since the count.
local state = redis.call('HGET', KEYS[1], 'state')
local to = cjson.decode(ARGV[2])[state]
if not to or redis.call('SISMEMBER', KEYS[2], ARGV[1]) == 0 then
  return 0
end
for i = 3, 6 do
  if redis.call('BITCOUNT', KEYS[i]) ~= tonumber(ARGV[i + 1]) then return 0 end
end
if redis.call('BITCOUNT', KEYS[8]) > 0 then return 0 end
redis.call('SREM', KEYS[2], ARGV[1])
redis.call('DEL', KEYS[7], KEYS[10])
redis.call('HSET', KEYS[1], 'state', to)
redis.call('HSETNX', KEYS[1], 'finished_at', ARGV[3])
redis.call('XADD', KEYS[9], '*', unpack(cjson.decode(ARGV[8])))
return 1
