-- Skips whatever a cancelled campaign has not begun; what is in flight ends as it ends.
-- KEYS: campaign, audience, claimed, accepted, rejected, skipped, unknown, deferred, resend,
--       skipped for being cancelled, scratch, scratch of scratch, scheduled campaigns, events, resent
-- ARGV: states from which it may be cancelled (comma around each), event as JSON where COUNT stands
--       for the number, campaign, instant
-- Returns {1, skipped}, or {0, state} if the campaign's state does not allow it.
local state = redis.call('HGET', KEYS[1], 'state')
if not string.find(ARGV[1], ',' .. state .. ',', 1, true) then
  return {0, state}
end
local count = 0
if state == 'sending' or state == 'paused' then
  redis.call('BITOP', 'OR', KEYS[11], KEYS[4], KEYS[5], KEYS[6], KEYS[7])
  redis.call('BITOP', 'AND', KEYS[11], KEYS[11], KEYS[2])
  redis.call('BITOP', 'XOR', KEYS[11], KEYS[11], KEYS[2])
  redis.call('BITOP', 'AND', KEYS[12], KEYS[11], KEYS[3])
  redis.call('BITOP', 'XOR', KEYS[11], KEYS[11], KEYS[12])
  -- What was sent once, and put off when it was sent again, may have arrived all the same.
  redis.call('BITOP', 'AND', KEYS[12], KEYS[11], KEYS[15])
  redis.call('BITOP', 'OR', KEYS[7], KEYS[7], KEYS[12])
  redis.call('BITOP', 'XOR', KEYS[11], KEYS[11], KEYS[12])
  count = redis.call('BITCOUNT', KEYS[11])
  redis.call('BITOP', 'OR', KEYS[6], KEYS[6], KEYS[11])
  redis.call('BITOP', 'OR', KEYS[10], KEYS[10], KEYS[11])
  redis.call('DEL', KEYS[8], KEYS[11], KEYS[12])
  -- What was to be sent again stays unknown; what is being sent again may still be told.
  redis.call('BITOP', 'AND', KEYS[9], KEYS[9], KEYS[3])
end
if state ~= 'cancelled' then
  redis.call('HSET', KEYS[1], 'state', 'cancelled', 'finished_at', ARGV[4])
  redis.call('ZREM', KEYS[13], ARGV[3])
  local event = cjson.decode(ARGV[2])
  for i, part in ipairs(event) do if part == 'COUNT' then event[i] = count end end
  redis.call('XADD', KEYS[14], '*', unpack(event))
end
return {1, count}
