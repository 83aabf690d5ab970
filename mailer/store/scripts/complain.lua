-- Takes a subscriber who reported our mail off the list, and suppresses the address (case 65).
-- KEYS: subscriber, statuses, suppression, bitmap of the suppressed, events, the campaign's audience,
--       its bitmap of those that complained, its hash of what was said of them
-- ARGV: number, prefix of the bitmaps of statuses, ways (JSON: status -> status that follows), now
--       (Unix s), suppression hash, its record (JSON), events (JSON lists: complained, moved with FROM
--       and TO to be filled in, suppressed), what the ledger tells (JSON text)
-- Answers 1; 0, with nothing changed, if there is no such subscriber.
local call, number = redis.call, ARGV[1]
local status = call('HGET', KEYS[1], 's')
if not status then return 0 end
local to, told = cjson.decode(ARGV[3])[status], cjson.decode(ARGV[7])
call('XADD', KEYS[5], '*', unpack(told[1]))
if to ~= status then
  call('HSET', KEYS[1], 's', to, 'd', ARGV[4])
  call('SETBIT', ARGV[2] .. status, number, 0)
  call('SADD', KEYS[2], to)
  call('SETBIT', ARGV[2] .. to, number, 1)
  for place, part in ipairs(told[2]) do
    if part == 'FROM' then told[2][place] = status elseif part == 'TO' then told[2][place] = to end
  end
  call('XADD', KEYS[5], '*', unpack(told[2]))
end
call('SETBIT', KEYS[4], number, 1)
if call('HSETNX', KEYS[3], ARGV[5], ARGV[6]) == 1 then
  call('XADD', KEYS[5], '*', unpack(told[3]))
end
if call('GETBIT', KEYS[6], number) == 1 then
  call('SETBIT', KEYS[7], number, 1)
  call('HSET', KEYS[8], number, ARGV[8])
end
return 1
