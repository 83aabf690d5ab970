-- Writes down that a relay is silent, or is not any more, with the event when that begins or ends.
-- keys: silence, events
-- args: since, told_seconds, event_json
--   since: text, or empty; told_seconds: after which it is forgotten
-- answers: 1 if it began or ended, else 0
if since == '' then
  if redis.call('DEL', silence) == 0 then return 0 end
elseif not redis.call('SET', silence, since, 'NX', 'EX', told_seconds) then
  redis.call('EXPIRE', silence, told_seconds)
  return 0
end
redis.call('XADD', events, '*', unpack(cjson.decode(event_json)))
return 1
