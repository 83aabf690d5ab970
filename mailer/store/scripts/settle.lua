-- Writes down what became of deliveries. The first end of a delivery stands; a repeat changes nothing.
-- KEYS: campaign, claimed, accepted, rejected, skipped, deferred, unknown, resend, resent, details,
--       attempts, retries, rate, events, and the others that `bounced` uses: statuses, last service
--       mail, mails due, mails queued
-- ARGV: packed numbers that were accepted (big-endian u32), prefix of the bitmaps by skip reason,
--       most resends,
--       JSON list of the others: {n, outcome (or `given up`: rejected, for its time is over), detail (JSON text), next try (Unix ms), skip reason, event,
--       which attempt it was, fact (what a refusal counts for the subscriber, see `bounced`; or false)},
--       now (Unix s), prefixes and options of `bounced` (JSON)
-- Returns the campaign's state.
-- include: bounced
-- include: bits
local campaign = redis.call('HMGET', KEYS[1], 'state', 'unknown_policy')
local state = campaign[1]
local settled = 0
local count
local function refused(n, fact)
  if not count then
    local k = cjson.decode(ARGV[6])
    k.events, k.statuses, k.outbox_last, k.outbox_due, k.outbox_queued =
      KEYS[14], KEYS[15], KEYS[16], KEYS[17], KEYS[18]
    count = open_bounces(k, cjson.decode(ARGV[7]))
  end
  count(n, fact)
end
local function ended(n)
  return redis.call('GETBIT', KEYS[3], n) + redis.call('GETBIT', KEYS[4], n) + redis.call('GETBIT', KEYS[5], n) > 0
end
-- A delivery that was tried before has its next try written down while it is tried again.
local any_retries = redis.call('ZCARD', KEYS[12]) > 0
local function clear(n)
  redis.call('SETBIT', KEYS[7], n, 0)
  redis.call('SETBIT', KEYS[8], n, 0)
  redis.call('SETBIT', KEYS[6], n, 0)
  if any_retries then redis.call('ZREM', KEYS[12], n) end
end
local function rest_as_unknown(n)
  redis.call('SETBIT', KEYS[8], n, 0)
  redis.call('ZREM', KEYS[12], n)
end
-- The accepted ones are nearly all, and nothing else was known of nearly all of them.
local span = span_of(ARGV[1])
local rejected, skipped = bits_in(KEYS[4], span), bits_in(KEYS[5], span)
local deferred, unknown, resend = bits_in(KEYS[6], span), bits_in(KEYS[7], span), bits_in(KEYS[8], span)
for i = 1, #ARGV[1], 4 do
  local n = struct.unpack('>I4', ARGV[1], i)
  if not (rejected(n) or skipped(n)) and redis.call('SETBIT', KEYS[3], n, 1) == 0 then
    if any_retries or deferred(n) or unknown(n) or resend(n) then clear(n) end
    settled = settled + 1
  end
end
-- What was sent once and not answered may have arrived, whatever becomes of sending it again.
local function may_have_arrived(n)
  if redis.call('GETBIT', KEYS[9], n) == 0 then return false end
  redis.call('SETBIT', KEYS[7], n, 1)
  redis.call('SETBIT', KEYS[6], n, 0)
  rest_as_unknown(n)
  return true
end
local function skip(n, reason)
  if not may_have_arrived(n) then
    redis.call('SETBIT', KEYS[5], n, 1)
    redis.call('SETBIT', ARGV[2] .. reason, n, 1)
    clear(n)
  end
end
local function wait(n, at)
  redis.call('SETBIT', KEYS[2], n, 0)
  redis.call('SETBIT', KEYS[6], n, 1)
  redis.call('ZADD', KEYS[12], at, n)
end
for _, other in ipairs(cjson.decode(ARGV[4])) do
  local n, outcome, detail, at, reason, event, try, fact = unpack(other)
  if not ended(n) then
    if outcome == 'given up' and may_have_arrived(n) then
      redis.call('HSET', KEYS[10], n, detail)
    elseif outcome == 'rejected' or outcome == 'given up' then
      redis.call('SETBIT', KEYS[4], n, 1)
      redis.call('HSET', KEYS[10], n, detail)
      clear(n)
      redis.call('XADD', KEYS[14], '*', unpack(event))
      if fact then refused(n, fact) end
      settled = settled + 1
    elseif outcome == 'skipped' then
      skip(n, reason)
      redis.call('HSET', KEYS[10], n, detail)
    elseif outcome == 'unknown' then
      redis.call('SETBIT', KEYS[7], n, 1)
      redis.call('HSET', KEYS[10], n, detail)
      redis.call('XADD', KEYS[14], '*', unpack(event))
      redis.call('HSET', KEYS[11], n, try)
      if campaign[2] == 'resend' and state ~= 'cancelled' and try <= tonumber(ARGV[3]) then
        redis.call('SETBIT', KEYS[8], n, 1)
        redis.call('SETBIT', KEYS[9], n, 1)
        wait(n, at)
      else
        rest_as_unknown(n)
      end
    elseif outcome == 'deferred' then
      redis.call('HSET', KEYS[10], n, detail)
      if redis.call('GETBIT', KEYS[7], n) == 1 and redis.call('GETBIT', KEYS[8], n) == 0 then
        redis.call('SETBIT', KEYS[2], n, 0) -- unknown for good: an earlier attempt may have arrived
        rest_as_unknown(n)
      elseif state == 'cancelled' then
        skip(n, 'cancelled')
      else
        redis.call('HSET', KEYS[11], n, try)
        redis.call('SETBIT', KEYS[7], n, 0)
        redis.call('SETBIT', KEYS[8], n, 0)
        wait(n, at)
      end
    elseif outcome == 'released' then
      redis.call('SETBIT', KEYS[2], n, 0)
      if try > 1 then
        redis.call('HSET', KEYS[11], n, try - 1)
        redis.call('ZREM', KEYS[12], n)
      end
      if state == 'cancelled' and redis.call('GETBIT', KEYS[7], n) == redis.call('GETBIT', KEYS[8], n) then
        skip(n, 'cancelled')
      end
    end
  end
end
if settled > 0 then
  local second = tonumber(ARGV[5])
  local slot = second % 64
  local old = redis.call('HGET', KEYS[13], slot)
  local count = 0
  if old then
    local at, n = string.match(old, '(%d+):(%d+)')
    if tonumber(at) == second then count = tonumber(n) end
  end
  redis.call('HSET', KEYS[13], slot, second .. ':' .. (count + settled))
end
return state
