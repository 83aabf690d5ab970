-- Writes down that a relay is silent, or is not any more, with the event when that begins or ends.
-- KEYS: the relay's silence, events
-- ARGV: since when (text), or empty; seconds after which it is forgotten; event as JSON
-- Returns 1 if it began or ended, else 0.
if ARGV[1] == '' then
  if redis.call('DEL', KEYS[1]) == 0 then return 0 end
elseif not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[2]) then
  redis.call('EXPIRE', KEYS[1], ARGV[2])
  return 0
end
redis.call('XADD', KEYS[2], '*', unpack(cjson.decode(ARGV[3])))
return 1
