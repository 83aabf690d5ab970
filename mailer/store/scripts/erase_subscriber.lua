-- Erases all that is known of a subscriber, suppresses the address, and adds the events.
--
-- KEYS  1 subscriber  2 by-address  3 suppression  4 bitmap of the suppressed  5 events
--       6 statuses  7 languages  8 topics  9 tags  10 and on: campaigns' details
-- ARGV  1 number  2 normalised address  3 suppression hash  4 its record (JSON)
--       5 and 6 events (JSON lists: erased, suppressed)  7 prefix of bitmaps
-- Answers 1; 0, with nothing changed, if that address is not (any more) that subscriber's.
local number = ARGV[1]
if redis.call('HGET', KEYS[2], ARGV[2]) ~= number then return 0 end
redis.call('DEL', KEYS[1])
redis.call('HDEL', KEYS[2], ARGV[2])
redis.call('SETBIT', KEYS[4], number, 0)
for place, kind in ipairs({'status', 'language', 'topic', 'tag'}) do
  for _, value in ipairs(redis.call('SMEMBERS', KEYS[5 + place])) do
    redis.call('SETBIT', ARGV[7] .. kind .. ':' .. value, number, 0)
  end
end
for place = 10, #KEYS do redis.call('HDEL', KEYS[place], number) end
redis.call('XADD', KEYS[5], '*', unpack(cjson.decode(ARGV[5])))
if redis.call('HSETNX', KEYS[3], ARGV[3], ARGV[4]) == 1 then
  redis.call('XADD', KEYS[5], '*', unpack(cjson.decode(ARGV[6])))
end
return 1
