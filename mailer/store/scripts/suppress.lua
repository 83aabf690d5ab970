-- Suppresses an address, known as a subscriber's or not, or lifts that, with the event.
-- keys: by_address, suppressions, suppressed, events
-- args: address, hashed, record_json, event_json
--   address: normalised; hashed: its suppression hash; record_json: empty to lift it
--   event_json: a list; the subscriber's number, if there is one, is added to it here
-- answers: 1; 0, with nothing changed, if it was so already
local lift = record_json == ''
local changed
if lift then
  changed = redis.call('HDEL', suppressions, hashed)
else
  changed = redis.call('HSETNX', suppressions, hashed, record_json)
end
if changed == 0 then return 0 end
local event = cjson.decode(event_json)
local number = redis.call('HGET', by_address, address)
if number then
  redis.call('SETBIT', suppressed, number, lift and 0 or 1)
  event[#event + 1] = 'subscriber'
  event[#event + 1] = number
end
redis.call('XADD', events, '*', unpack(event))
return 1
