-- Ends a campaign whose books were counted and balance; the count and the end are one step apart,
-- so the outcomes are compared once more.
-- keys: campaign, open, accepted, rejected, skipped, unknown, due, resend, events, awaited
--   awaited: deliveries whose late answers are awaited
-- args: number, ends_json, now, totals_json, event_json
--   ends_json: state -> the one that follows
--   totals_json: how many were counted: {accepted, rejected, skipped, unknown}
-- answers: 1 if this call ended it, 0 if something has changed since the count
local state = redis.call('HGET', campaign, 'state')
local to = cjson.decode(ends_json)[state]
if not to or redis.call('SISMEMBER', open, number) == 0 then
  return 0
end
local totals = cjson.decode(totals_json)
for place, bitmap in ipairs({accepted, rejected, skipped, unknown}) do
  if redis.call('BITCOUNT', bitmap) ~= totals[place] then return 0 end
end
if redis.call('BITCOUNT', resend) > 0 then return 0 end
redis.call('SREM', open, number)
redis.call('DEL', due, awaited)
redis.call('HSET', campaign, 'state', to)
redis.call('HSETNX', campaign, 'finished_at', now)
redis.call('XADD', events, '*', unpack(cjson.decode(event_json)))
return 1
