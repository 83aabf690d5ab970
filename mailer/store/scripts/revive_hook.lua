-- Forgets that an endpoint failed: all that waits for it is tried anew, now.
-- keys: hook, due, waiting, tries
-- args: endpoint, now
-- answers: how many events wait
local call = redis.call
call('HDEL', hook, 'failures', 'since', 'again')
call('DEL', tries)
local events = call('ZRANGE', waiting, 0, -1)
for _, event in ipairs(events) do call('ZADD', waiting, now, event) end
if not call('HGET', hook, 'holder') then call('ZADD', due, 'XX', now, endpoint) end
return #events
