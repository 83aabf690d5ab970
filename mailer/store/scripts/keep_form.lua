-- Keeps a form that was sent on a page, if none of its limits is used up, with its event.
--
-- KEYS  1 last number  2 forms  3 forms due  4 events  5 and on: one counter for each limit
-- ARGV  1 the form (JSON)  2 now (Unix seconds)  3 event (JSON list; its number is added here)
--       then for each limit: how many, in how many seconds
-- Answers its number; or 0 less the place of the limit that is used up.
for place = 5, #KEYS do
  local most, seconds = tonumber(ARGV[2 * place - 6]), ARGV[2 * place - 5]
  local count = redis.call('INCR', KEYS[place])
  if count == 1 then redis.call('EXPIRE', KEYS[place], seconds) end
  if count > most then return 4 - place end
end
local number = redis.call('INCR', KEYS[1])
redis.call('HSET', KEYS[2], number, ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[2], number)
local event = cjson.decode(ARGV[3])
event[#event + 1] = 'form'
event[#event + 1] = number
redis.call('XADD', KEYS[4], '*', unpack(event))
return number
