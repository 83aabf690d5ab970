-- Keeps a form that was sent on a page, if its stamp is not used and none of its limits used up, with
-- its event. The same form with the same stamp is one that was sent twice: it is kept already.
--
-- KEYS  1 last number  2 forms  3 forms due  4 events  5 stamp  6 and on: one counter for each limit
-- ARGV  1 the form (JSON)  2 now (Unix seconds)  3 event (JSON list; its number is added here)
--       4 digest of the form  5 seconds that a stamp is known
--       then for each limit: how many, in how many seconds
-- Answers its number; or 0 less the place of the limit that is used up; or `used`.
local used = redis.call('GET', KEYS[5])
if used then
  local digest, number = string.match(used, '^(%S+) (%d+)$')
  return digest == ARGV[4] and tonumber(number) or 'used'
end
for place = 6, #KEYS do
  local most, seconds = tonumber(ARGV[2 * place - 6]), ARGV[2 * place - 5]
  local count = redis.call('INCR', KEYS[place])
  if count == 1 then redis.call('EXPIRE', KEYS[place], seconds) end
  if count > most then return 5 - place end
end
local number = redis.call('INCR', KEYS[1])
redis.call('SET', KEYS[5], ARGV[4] .. ' ' .. number, 'EX', ARGV[5])
redis.call('HSET', KEYS[2], number, ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[2], number)
local event = cjson.decode(ARGV[3])
event[#event + 1] = 'form'
event[#event + 1] = number
redis.call('XADD', KEYS[4], '*', unpack(event))
return number
