-- Keeps a mail that came in, unless it is here already or there is no room, with its event.
-- KEYS: seen by digest, record, raw, due, unread, bytes, events, shares
-- ARGV: number, seconds that repeats are known, record (JSON list), raw, when due, when it came,
--       most octets kept, event (JSON list), what it counts in its shares (octets),
--       shares (JSON list: code, field, most octets)
-- Returns 1 if it is kept now, 0 if it was here already, -1 if there is no room, or the code of a
-- share that is used up.
if redis.call('EXISTS', KEYS[1]) == 1 then return 0 end
local size = #ARGV[4]
local shares = cjson.decode(ARGV[10])
for _, share in ipairs(shares) do
  if tonumber(redis.call('HGET', KEYS[8], share[2]) or '0') + ARGV[9] > share[3] then
    return share[1]
  end
end
if tonumber(redis.call('GET', KEYS[6]) or '0') + size > tonumber(ARGV[7]) then return -1 end
for _, share in ipairs(shares) do redis.call('HINCRBY', KEYS[8], share[2], ARGV[9]) end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
redis.call('HSET', KEYS[2], unpack(cjson.decode(ARGV[3])))
redis.call('SET', KEYS[3], ARGV[4])
redis.call('ZADD', KEYS[4], ARGV[5], ARGV[1])
redis.call('ZADD', KEYS[5], ARGV[6], ARGV[1])
redis.call('INCRBY', KEYS[6], size)
redis.call('XADD', KEYS[7], '*', unpack(cjson.decode(ARGV[8])))
return 1
