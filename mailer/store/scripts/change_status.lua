-- Moves a subscriber from one status to another, with its event and, if asked, a suppression.
--
-- KEYS  1 subscriber  2 bitmap of the status before  3 bitmap of the status after  4 statuses
--       5 suppression  6 bitmap of the suppressed  7 events
-- ARGV  1 number  2 status before  3 status after  4 now (Unix seconds)  5 event (JSON list)
--       6 suppression hash or empty  7 its record (JSON)  8 its event (JSON list)
--       9 1 if bounces of older mail count no more, else 0
-- Answers 1; 0, with nothing changed, if the status is not (any more) the one before.
local number, before, after = ARGV[1], ARGV[2], ARGV[3]
if redis.call('HGET', KEYS[1], 's') ~= before then return 0 end
if before ~= after then
  redis.call('HSET', KEYS[1], 's', after, 'd', ARGV[4])
  redis.call('SETBIT', KEYS[2], number, 0)
  redis.call('SETBIT', KEYS[3], number, 1)
  redis.call('SADD', KEYS[4], after)
  redis.call('XADD', KEYS[7], '*', unpack(cjson.decode(ARGV[5])))
end
if ARGV[9] == '1' then
  redis.call('HDEL', KEYS[1], 'b', 'w')
  redis.call('HSET', KEYS[1], 'v', ARGV[4])
end
if ARGV[6] ~= '' then
  redis.call('SETBIT', KEYS[6], number, 1)
  if redis.call('HSETNX', KEYS[5], ARGV[6], ARGV[7]) == 1 then
    redis.call('XADD', KEYS[7], '*', unpack(cjson.decode(ARGV[8])))
  end
end
return 1
