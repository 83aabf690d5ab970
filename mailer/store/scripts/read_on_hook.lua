-- Moves one of an endpoint's places in the event log on; what it wants of what lies between waits from
-- now on. Both or none: no crash loses an event, or has it wait twice.
-- keys: hook, waiting, events
-- args: token, place, before, after, now, told_json, wanted*
--   place: `position` or `replay`; after: empty: it is done with
--   told_json: an event that tells of a gap, or empty; wanted: ids of events
-- answers: 1; or 0 if the endpoint is not ours any more, or is elsewhere
local call = redis.call
if call('HGET', hook, 'holder') ~= token or call('HGET', hook, place) ~= before then return 0 end
for _, event in ipairs(wanted) do call('ZADD', waiting, 'NX', now, event) end
if after == '' then call('HDEL', hook, place) else call('HSET', hook, place, after) end
if told_json ~= '' then call('XADD', events, '*', unpack(cjson.decode(told_json))) end
return 1
