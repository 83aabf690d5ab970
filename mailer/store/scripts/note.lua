-- Writes down what holds a sending campaign back, with the event when that begins or ends.
-- keys: campaign, events
-- args: reason, event_json
--   reason: or empty
-- answers: 1 if it began or ended, else 0
local before = redis.call('HMGET', campaign, 'state', 'reason')
if before[1] ~= 'sending' or (before[2] or '') == reason then return 0 end
redis.call('HSET', campaign, 'reason', reason)
if (before[2] or '') ~= '' and reason ~= '' then return 0 end
redis.call('XADD', events, '*', unpack(cjson.decode(event_json)))
return 1
