-- Claims one event for one try at an endpoint: try and next try are written down before it is made.
-- keys: hook, due, waiting, tries
-- args: token, endpoint, event, next_try, lease_ends
--   next_try, lease_ends: Unix milliseconds
-- answers: the number of this try; or 0 if the endpoint is not ours any more, or the event is gone
local call = redis.call
if call('HGET', hook, 'holder') ~= token or not call('ZSCORE', waiting, event) then return 0 end
call('ZADD', waiting, next_try, event)
call('ZADD', due, 'XX', lease_ends, endpoint)
return call('HINCRBY', tries, event, 1)
