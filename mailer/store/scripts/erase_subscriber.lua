-- Erases all that is known of a subscriber, suppresses the address, and adds the events.
-- keys: subscriber, by_address, suppressions, suppressed, events, statuses, languages, topics, tags,
--       directories, attributes, bounced, ledgers*
--   ledgers: the hashes in which campaigns tell of subscribers
-- args: number, address, hashed, record_json, erased_json, suppressed_json, bits, waiting
--   address: normalised; hashed, record_json: its suppression hash, and its record
--   bits: prefix of bitmaps; waiting: prefix of the lists of who waits for a topic
-- answers: 1; 0, with nothing changed, if that address is not (any more) that subscriber's
-- include: attributes
-- include: joined
-- include: moderation
if redis.call('HGET', by_address, address) ~= number then return 0 end
set_waiting(waiting, topics, subscriber, number, {}, 0)
redis.call('DEL', subscriber)
redis.call('HDEL', by_address, address)
redis.call('SETBIT', suppressed, number, 0)
local registers = {status = statuses, language = languages, topic = topics, tag = tags,
                   directory = directories}
for kind, register in pairs(registers) do
  for _, value in ipairs(redis.call('SMEMBERS', register)) do
    redis.call('SETBIT', bits .. kind .. ':' .. value, number, 0)
  end
end
local clear_marks = open_attributes(attributes, bits)
clear_marks(number)
clear_joined(bits, number)
redis.call('SETBIT', bounced, number, 0)
for _, ledger in ipairs(ledgers) do redis.call('HDEL', ledger, number) end
redis.call('XADD', events, '*', unpack(cjson.decode(erased_json)))
if redis.call('HSETNX', suppressions, hashed, record_json) == 1 then
  redis.call('XADD', events, '*', unpack(cjson.decode(suppressed_json)))
end
return 1
