-- Writes down what holds a sending campaign back, with the event when that begins or ends.
-- KEYS: campaign, events    ARGV: reason, or empty; event as JSON
-- Returns 1 if it began or ended, else 0.
local before = redis.call('HMGET', KEYS[1], 'state', 'reason')
if before[1] ~= 'sending' or (before[2] or '') == ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'reason', ARGV[1])
if (before[2] or '') ~= '' and ARGV[1] ~= '' then return 0 end
redis.call('XADD', KEYS[2], '*', unpack(cjson.decode(ARGV[2])))
return 1
