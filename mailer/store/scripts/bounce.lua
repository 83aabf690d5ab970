-- Writes down that a delivery came back by mail: what it counts, and what the ledger tells of it.
-- keys: events, statuses, outbox_last, outbox_due, outbox_queued, audience, bounced, bounces, mail
--   audience, bounced, bounces: of the campaign's ledger
--   mail: the record of the mail that said so
-- args: prefixes_json, options_json, number, facts_json, detail_json, told_json
--   prefixes_json: subscriber, bits, outbox, alerted; options_json: see `bounced`
--   facts_json: a list, those that count nothing first
--   detail_json: what the ledger tells, or empty
--   told_json: effect -> what is told of the mail
-- answers: the last fact's effect; empty if there is no such subscriber
-- include: bounced
local k = cjson.decode(prefixes_json)
k.events, k.statuses, k.outbox_last, k.outbox_due, k.outbox_queued =
  events, statuses, outbox_last, outbox_due, outbox_queued
local count, effect = open_bounces(k, cjson.decode(options_json)), ''
for _, fact in ipairs(cjson.decode(facts_json)) do effect = count(number, fact) end
if effect ~= '' and detail_json ~= '' and redis.call('GETBIT', audience, number) == 1 then
  redis.call('SETBIT', bounced, number, 1)
  redis.call('HSET', bounces, number, detail_json)
end
redis.call('HSET', mail, 'reason', cjson.decode(told_json)[effect])
return effect
