-- Suppresses an address, known as a subscriber's or not, or lifts that, with the event.
--
-- KEYS  1 by-address  2 suppression  3 bitmap of the suppressed  4 events
-- ARGV  1 normalised address  2 suppression hash  3 its record (JSON), or empty to lift it
--       4 event (JSON list); the subscriber's number, if there is one, is added to it here
-- Answers 1; 0, with nothing changed, if it was so already.
local lift = ARGV[3] == ''
local changed
if lift then
  changed = redis.call('HDEL', KEYS[2], ARGV[2])
else
  changed = redis.call('HSETNX', KEYS[2], ARGV[2], ARGV[3])
end
if changed == 0 then return 0 end
local event = cjson.decode(ARGV[4])
local number = redis.call('HGET', KEYS[1], ARGV[1])
if number then
  redis.call('SETBIT', KEYS[3], number, lift and 0 or 1)
  event[#event + 1] = 'subscriber'
  event[#event + 1] = number
end
redis.call('XADD', KEYS[4], '*', unpack(event))
return 1
