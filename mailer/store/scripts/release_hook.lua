-- Gives an endpoint back, and says when a worker looks at it next.
-- keys: hook, due, waiting, events
-- args: token, endpoint, now, most_waiting
-- answers: 1; or 0 if the endpoint is not ours any more
local call = redis.call
if call('HGET', hook, 'holder') ~= token then return 0 end
call('HDEL', hook, 'holder')
local known = call('HMGET', hook, 'position', 'replay', 'again')
local last = call('XREVRANGE', events, '+', '-', 'COUNT', 1)[1]
local behind = known[2] or (last and last[1] ~= known[1])
local first = call('ZRANGE', waiting, 0, 0, 'WITHSCORES')[2]
local at = first and tonumber(first) or math.huge
if behind and call('ZCARD', waiting) < tonumber(most_waiting) then at = tonumber(now) end
if at < math.huge and known[3] and tonumber(known[3]) > at then at = tonumber(known[3]) end
call('ZADD', due, 'XX', at == math.huge and '+inf' or string.format('%.0f', at), endpoint)
return 1
