-- Writes down what became of deliveries. The first end of a delivery stands; a repeat changes nothing.
-- keys: campaign, claimed, accepted, rejected, skipped, deferred, unknown, resend, resent, details,
--       attempts, retries, rate, over_time, events, statuses, outbox_last, outbox_due, outbox_queued
-- args: numbers, skipped_for, most_resends, others_json, now, prefixes_json, options_json
--   numbers: those that were accepted, packed (big-endian u32)
--   skipped_for: prefix of the bitmaps by skip reason
--   others_json: lists {n, outcome (or `given up`: rejected, as its time is over), detail (JSON text),
--     next try (Unix ms), skip reason, event, which attempt it was, fact (what a refusal counts for the
--     subscriber, see `bounced`; or false)}
--   now: Unix seconds
--   prefixes_json, options_json: see `bounced`
-- answers: the campaign's state
-- include: bounced
-- include: bits
local state, policy = unpack(redis.call('HMGET', campaign, 'state', 'unknown_policy'))
local settled, refused_now = 0, 0
local count
local function refused(n, fact)
  if not count then
    local k = cjson.decode(prefixes_json)
    k.events, k.statuses, k.outbox_last, k.outbox_due, k.outbox_queued =
      events, statuses, outbox_last, outbox_due, outbox_queued
    count = open_bounces(k, cjson.decode(options_json))
  end
  count(n, fact)
end
local function ended(n)
  return redis.call('GETBIT', accepted, n) + redis.call('GETBIT', rejected, n) + redis.call('GETBIT', skipped, n) > 0
end
-- A delivery that was tried before has its next try written down while it is tried again.
local any_retries = redis.call('ZCARD', retries) > 0
local function clear(n)
  redis.call('SETBIT', unknown, n, 0)
  redis.call('SETBIT', resend, n, 0)
  redis.call('SETBIT', deferred, n, 0)
  if any_retries then redis.call('ZREM', retries, n) end
end
local function rest_as_unknown(n)
  redis.call('SETBIT', resend, n, 0)
  redis.call('ZREM', retries, n)
end
-- The accepted ones are nearly all, and nothing else was known of nearly all of them.
local span = span_of(numbers)
local was_rejected, was_skipped = bits_in(rejected, span), bits_in(skipped, span)
local was_deferred, was_unknown = bits_in(deferred, span), bits_in(unknown, span)
local was_resend = bits_in(resend, span)
for i = 1, #numbers, 4 do
  local n = struct.unpack('>I4', numbers, i)
  if not (was_rejected(n) or was_skipped(n)) and redis.call('SETBIT', accepted, n, 1) == 0 then
    if any_retries or was_deferred(n) or was_unknown(n) or was_resend(n) then clear(n) end
    settled = settled + 1
  end
end
-- What was sent once and not answered may have arrived, whatever becomes of sending it again.
local function may_have_arrived(n)
  if redis.call('GETBIT', resent, n) == 0 then return false end
  redis.call('SETBIT', unknown, n, 1)
  redis.call('SETBIT', deferred, n, 0)
  rest_as_unknown(n)
  return true
end
local function skip(n, reason)
  if not may_have_arrived(n) then
    redis.call('SETBIT', skipped, n, 1)
    redis.call('SETBIT', skipped_for .. reason, n, 1)
    clear(n)
  end
end
local function wait(n, at)
  redis.call('SETBIT', claimed, n, 0)
  redis.call('SETBIT', deferred, n, 1)
  redis.call('ZADD', retries, at, n)
end
for _, other in ipairs(cjson.decode(others_json)) do
  local n, outcome, detail, at, reason, event, try, fact = unpack(other)
  if not ended(n) then
    if outcome == 'given up' and may_have_arrived(n) then
      redis.call('HSET', details, n, detail)
    elseif outcome == 'rejected' or outcome == 'given up' then
      redis.call('SETBIT', rejected, n, 1)
      redis.call('HSET', details, n, detail)
      clear(n)
      redis.call('XADD', events, '*', unpack(event))
      if fact then refused(n, fact) end
      settled = settled + 1
      refused_now = refused_now + 1
    elseif outcome == 'skipped' then
      skip(n, reason)
      redis.call('HSET', details, n, detail)
    elseif outcome == 'unknown' then
      redis.call('SETBIT', unknown, n, 1)
      redis.call('HSET', details, n, detail)
      redis.call('XADD', events, '*', unpack(event))
      redis.call('HSET', attempts, n, try)
      if policy == 'resend' and state ~= 'cancelled' and try <= tonumber(most_resends) then
        redis.call('SETBIT', resend, n, 1)
        redis.call('SETBIT', resent, n, 1)
        wait(n, at)
      else
        rest_as_unknown(n)
      end
    elseif outcome == 'deferred' then
      redis.call('HSET', details, n, detail)
      if redis.call('GETBIT', unknown, n) == 1 and redis.call('GETBIT', resend, n) == 0 then
        redis.call('SETBIT', claimed, n, 0) -- unknown for good: an earlier attempt may have arrived
        rest_as_unknown(n)
      elseif state == 'cancelled' then
        skip(n, 'cancelled')
      else
        redis.call('HSET', attempts, n, try)
        redis.call('SETBIT', unknown, n, 0)
        redis.call('SETBIT', resend, n, 0)
        wait(n, at)
      end
    elseif outcome == 'released' then
      redis.call('SETBIT', claimed, n, 0)
      if try > 1 then
        redis.call('HSET', attempts, n, try - 1)
        redis.call('ZREM', retries, n)
      end
      if state == 'cancelled' and redis.call('GETBIT', unknown, n) == redis.call('GETBIT', resend, n) then
        skip(n, 'cancelled')
      end
    end
  end
end
-- By the minute; of a campaign that takes hours, the later ones by the hour, so that it stays small.
local MOST_MINUTES = 480
local function tell_when(second)
  local minute = '60 ' .. (second - second % 60)
  local slot = minute
  if redis.call('HLEN', over_time) >= MOST_MINUTES and redis.call('HEXISTS', over_time, minute .. ' accepted') == 0 then
    slot = '3600 ' .. (second - second % 3600)
  end
  if settled > refused_now then
    redis.call('HINCRBY', over_time, slot .. ' accepted', settled - refused_now)
  end
  if refused_now > 0 then redis.call('HINCRBY', over_time, slot .. ' rejected', refused_now) end
end
if settled > 0 then
  tell_when(tonumber(now))
  local second = tonumber(now)
  local slot = second % 64
  local old = redis.call('HGET', rate, slot)
  local count = 0
  if old then
    local at, n = string.match(old, '(%d+):(%d+)')
    if tonumber(at) == second then count = tonumber(n) end
  end
  redis.call('HSET', rate, slot, second .. ':' .. (count + settled))
end
return state
