-- Writes down what a try came to. Also for an endpoint that is not ours any more: what was taken was.
-- keys: hook, waiting, tries, attempts, events
-- args: event, end_, now, again, attempt_json, most_attempts, told_json
--   end_: `taken`, `failed` (the event waits on) or `dropped` (it is not tried again)
--   now, again: Unix milliseconds; again: when the endpoint may be tried next, after a failure
--   told_json: an event that tells of what is dropped, or empty
-- answers: how many tries failed in a row; or -1 if there is no such endpoint
local call = redis.call
if call('EXISTS', hook) == 0 then return -1 end
local failures = 0
if end_ == 'taken' then
  call('HDEL', hook, 'failures', 'since', 'again')
  call('HSET', hook, 'taken_at', now)
  call('HINCRBY', hook, 'taken', 1)
else
  failures = call('HINCRBY', hook, 'failures', 1)
  call('HSETNX', hook, 'since', now)
  call('HSET', hook, 'again', again)
  if end_ == 'dropped' then call('HINCRBY', hook, 'dropped', 1) end
end
if end_ ~= 'failed' then
  call('ZREM', waiting, event)
  call('HDEL', tries, event)
end
call('LPUSH', attempts, attempt_json)
call('LTRIM', attempts, 0, most_attempts - 1)
if told_json ~= '' then call('XADD', events, '*', unpack(cjson.decode(told_json))) end
return failures
