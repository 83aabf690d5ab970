-- Takes a subscriber who reported our mail off the list, and suppresses the address (case 65).
-- keys: subscriber, statuses, suppressions, suppressed, events, topics, audience, complained, bounces
--   audience, complained, bounces: of the campaign's ledger
-- args: number, status_bits, waiting, ways_json, now, hashed, record_json, events_json, detail_json
--   status_bits: prefix of the bitmaps of statuses; waiting: of the lists of who waits for a topic
--   ways_json: status -> status that follows
--   now: Unix seconds
--   hashed, record_json: suppression hash of the address, and its record
--   events_json: lists {complained, moved (with FROM and TO to be filled in), suppressed}
--   detail_json: what the ledger tells
-- answers: 1; 0, with nothing changed, if there is no such subscriber
-- fields: subscriber
-- include: moderation
local call = redis.call
local status = call('HGET', subscriber, SUBSCRIBER.status)
if not status then return 0 end
local to, told = cjson.decode(ways_json)[status], cjson.decode(events_json)
call('XADD', events, '*', unpack(told[1]))
set_waiting(waiting, topics, subscriber, number, {}, now)
if to ~= status then
  call('HSET', subscriber, SUBSCRIBER.status, to, SUBSCRIBER.changed, now)
  call('SETBIT', status_bits .. status, number, 0)
  call('SADD', statuses, to)
  call('SETBIT', status_bits .. to, number, 1)
  for place, part in ipairs(told[2]) do
    if part == 'FROM' then told[2][place] = status elseif part == 'TO' then told[2][place] = to end
  end
  call('XADD', events, '*', unpack(told[2]))
end
call('SETBIT', suppressed, number, 1)
if call('HSETNX', suppressions, hashed, record_json) == 1 then
  call('XADD', events, '*', unpack(told[3]))
end
if call('GETBIT', audience, number) == 1 then
  call('SETBIT', complained, number, 1)
  call('HSET', bounces, number, detail_json)
end
return 1
