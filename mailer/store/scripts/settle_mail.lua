-- Writes down how an attempt at a service mail ended; the first end of an attempt stands.
-- keys: mail, due, state_before, state_after, events, tally, uses
--   state_before, state_after: the mails in those states
--   tally, uses: of the mail's template
-- args: number, attempt, state, reason, now, again, event_json, kept_seconds, use, counted
--   use: version of the template (empty: the mail is of none); counted: under what its end counts
--   attempt: which it was; again: the next try (0: none)
--   kept_seconds: how long an ended mail is kept
-- answers: 1, or 0 if that attempt had ended
local found = redis.call('HMGET', mail, 'state', 'attempts')
if found[1] ~= 'claimed' or found[2] ~= attempt then return 0 end
redis.call('HSET', mail, 'state', state, 'reason', reason, 'at', now, 'next', again)
redis.call('HDEL', mail, 'claimed')
redis.call('ZREM', state_before, number)
redis.call('ZADD', state_after, now, number)
if again ~= '0' then
  redis.call('ZADD', due, again, number)
else
  redis.call('ZREM', due, number)
  redis.call('HDEL', mail, 'to', 'facts')
  redis.call('EXPIRE', mail, kept_seconds)
  if use ~= '' then
    redis.call('HINCRBY', tally, counted, 1)
    if redis.call('HINCRBY', uses, use, -1) <= 0 then redis.call('HDEL', uses, use) end
  end
end
if event_json ~= '' then redis.call('XADD', events, '*', unpack(cjson.decode(event_json))) end
return 1
