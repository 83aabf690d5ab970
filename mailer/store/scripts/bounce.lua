-- Writes down that a delivery came back by mail: what it counts, and what the ledger tells of it.
-- KEYS: events, statuses, last service mail, mails due, mails queued, the campaign's audience, its
--       bitmap of those that came back, its hash of what was said of them, the mail's record
-- ARGV: prefixes (JSON: subscriber, bits, outbox, alerted), options (JSON, see `bounced`), number,
--       facts (JSON list: those that count nothing first), what the ledger tells (JSON text, or
--       empty), effect -> what is told of the mail (JSON)
-- Answers the last fact's effect; empty if there is no such subscriber.
-- include: bounced
local k = cjson.decode(ARGV[1])
k.events, k.statuses, k.outbox_last, k.outbox_due, k.outbox_queued =
  KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local count, number, effect = open_bounces(k, cjson.decode(ARGV[2])), ARGV[3], ''
for _, fact in ipairs(cjson.decode(ARGV[4])) do effect = count(number, fact) end
if effect ~= '' and ARGV[5] ~= '' and redis.call('GETBIT', KEYS[6], number) == 1 then
  redis.call('SETBIT', KEYS[7], number, 1)
  redis.call('HSET', KEYS[8], number, ARGV[5])
end
redis.call('HSET', KEYS[9], 'reason', cjson.decode(ARGV[6])[effect])
return effect
