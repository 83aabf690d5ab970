-- Counts deliveries whose outcome is unknown, and that are not sent again, as accepted: a person says so.
-- keys: accepted, unknown, resend, events, scratch, scratch2
-- args: event_json
--   event_json: COUNT in it is replaced
-- answers: how many
redis.call('BITOP', 'AND', scratch, unknown, resend)
redis.call('BITOP', 'XOR', scratch2, unknown, scratch)
local count = redis.call('BITCOUNT', scratch2)
if count > 0 then
  redis.call('BITOP', 'OR', accepted, accepted, scratch2)
  redis.call('BITOP', 'XOR', unknown, unknown, scratch2)
  local event = cjson.decode(event_json)
  for place, part in ipairs(event) do
    if part == 'COUNT' then event[place] = count end
  end
  redis.call('XADD', events, '*', unpack(event))
end
redis.call('DEL', scratch, scratch2)
return count
