-- Moves a subscriber from one status to another, with its event and, if asked, a suppression.
-- keys: subscriber, bits_before, bits_after, statuses, suppressions, suppressed, bounced,
--       events, topics
-- args: number, before, after, now, event_json, hashed, record_json, suppressed_json, clears, keeps,
--       waiting
--   now: Unix seconds
--   hashed: suppression hash, or empty; record_json, suppressed_json: its record and its event
--   clears: 1 if bounces of older mail count no more, else 0
--   keeps: 0 if the subscriber waits for no topic any more, else 1; waiting: prefix of those lists
-- answers: 1; 0, with nothing changed, if the status is not (any more) the one before
-- fields: subscriber
-- include: moderation
if redis.call('HGET', subscriber, SUBSCRIBER.status) ~= before then return 0 end
if before ~= after then
  redis.call('HSET', subscriber, SUBSCRIBER.status, after, SUBSCRIBER.changed, now)
  redis.call('SETBIT', bits_before, number, 0)
  redis.call('SETBIT', bits_after, number, 1)
  redis.call('SADD', statuses, after)
  redis.call('XADD', events, '*', unpack(cjson.decode(event_json)))
end
if keeps == '0' then set_waiting(waiting, topics, subscriber, number, {}, now) end
if clears == '1' then
  redis.call('HDEL', subscriber, SUBSCRIBER.marks, SUBSCRIBER.bounced)
  redis.call('HSET', subscriber, SUBSCRIBER.vouched, now)
  redis.call('SETBIT', bounced, number, 0)
end
if hashed ~= '' then
  redis.call('SETBIT', suppressed, number, 1)
  if redis.call('HSETNX', suppressions, hashed, record_json) == 1 then
    redis.call('XADD', events, '*', unpack(cjson.decode(suppressed_json)))
  end
end
return 1
