-- Keeps a mail that came in, unless it is here already or there is no room, with its event.
-- KEYS: seen by digest, record, raw, due, unread, bytes, events
-- ARGV: number, seconds that repeats are known, record (JSON list), raw, when due, when it came,
--       most octets kept, event (JSON list)
-- Returns 1 if it is kept now, 0 if it was here already, -1 if there is no room.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local size = #ARGV[4]
if tonumber(redis.call('GET', KEYS[6]) or '0') + size > tonumber(ARGV[7]) then return -1 end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('HSET', KEYS[2], unpack(cjson.decode(ARGV[3])))
redis.call('SET', KEYS[3], ARGV[4])
redis.call('ZADD', KEYS[4], ARGV[5], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[6], ARGV[1])
redis.call('INCRBY', KEYS[6], size)
redis.call('XADD', KEYS[7], '*', unpack(cjson.decode(ARGV[8])))
return 1
