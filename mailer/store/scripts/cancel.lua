-- Skips whatever a cancelled campaign has not begun; what is in flight ends as it ends.
-- keys: campaign, audience, claimed, accepted, rejected, skipped, unknown, deferred, resend, resent,
--       skipped_cancelled, scratch, scratch2, scheduled, events
-- args: allowed, event_json, number, now
--   allowed: states from which it may be cancelled, a comma around each
--   event_json: a list, where COUNT stands for the number
-- answers: {1, skipped}, or {0, state} if the campaign's state does not allow it
local state = redis.call('HGET', campaign, 'state')
if not string.find(allowed, ',' .. state .. ',', 1, true) then
  return {0, state}
end
local count = 0
if state == 'sending' or state == 'paused' then
  redis.call('BITOP', 'OR', scratch, accepted, rejected, skipped, unknown)
  redis.call('BITOP', 'AND', scratch, scratch, audience)
  redis.call('BITOP', 'XOR', scratch, scratch, audience)
  redis.call('BITOP', 'AND', scratch2, scratch, claimed)
  redis.call('BITOP', 'XOR', scratch, scratch, scratch2)
  -- What was sent once, and put off when it was sent again, may have arrived all the same.
  redis.call('BITOP', 'AND', scratch2, scratch, resent)
  redis.call('BITOP', 'OR', unknown, unknown, scratch2)
  redis.call('BITOP', 'XOR', scratch, scratch, scratch2)
  count = redis.call('BITCOUNT', scratch)
  redis.call('BITOP', 'OR', skipped, skipped, scratch)
  redis.call('BITOP', 'OR', skipped_cancelled, skipped_cancelled, scratch)
  redis.call('DEL', deferred, scratch, scratch2)
  -- What was to be sent again stays unknown; what is being sent again may still be told.
  redis.call('BITOP', 'AND', resend, resend, claimed)
end
if state ~= 'cancelled' then
  redis.call('HSET', campaign, 'state', 'cancelled', 'finished_at', now)
  redis.call('ZREM', scheduled, number)
  local event = cjson.decode(event_json)
  for i, part in ipairs(event) do if part == 'COUNT' then event[i] = count end end
  redis.call('XADD', events, '*', unpack(event))
end
return {1, count}
