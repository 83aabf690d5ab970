-- Keeps a form that was sent on a page, if its stamp is not used and none of its limits used up, with
-- its event. The same form with the same stamp is one that was sent twice: it is kept already.
-- keys: last_number, forms, due, events, stamp, counters*
-- args: form_json, now, event_json, digest, stamp_seconds, limits_json
--   event_json: a list; the form's number is added here
--   digest: of the form; stamp_seconds: how long a stamp is known
--   limits_json: for each counter {how many, in how many seconds}
-- answers: its number; or 0 less the place of the limit that is used up; or `used`
local used = redis.call('GET', stamp)
if used then
  local of, number = string.match(used, '^(%S+) (%d+)$')
  return of == digest and tonumber(number) or 'used'
end
for place, limit in ipairs(cjson.decode(limits_json)) do
  local most, seconds = unpack(limit)
  local count = redis.call('INCR', counters[place])
  if count == 1 then redis.call('EXPIRE', counters[place], seconds) end
  if count > most then return -place end
end
local number = redis.call('INCR', last_number)
redis.call('SET', stamp, digest .. ' ' .. number, 'EX', stamp_seconds)
redis.call('HSET', forms, number, form_json)
redis.call('ZADD', due, now, number)
local event = cjson.decode(event_json)
event[#event + 1] = 'form'
event[#event + 1] = number
redis.call('XADD', events, '*', unpack(event))
return number
