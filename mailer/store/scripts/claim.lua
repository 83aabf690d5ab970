-- Claims deliveries for sending, after asking for consent at the last moment (laws 3 and 4).
-- May be called again with the same numbers when its answer was lost: the chunk is ours alone.
-- keys: campaign, due, owners, claimed, accepted, rejected, skipped, deferred, unknown, resend, resent,
--       active, suppressed, retries, attempts, throttles, queues
--   queues: the campaign's places in the queues for rate limits, and its own limit's debt
-- args: chunk, token, lease_ms, numbers, subscribers, skipped_for, now_ms, waits_json, limits_json,
--       waiting_for
--   numbers: packed (big-endian u32)
--   subscribers: prefix of their keys; skipped_for, waiting_for: prefixes of the campaign's bitmaps
--     by skip reason, and by the limit that is waited for
--   waits_json: waits after each attempt in ms
--   limits_json: limits and relays, or empty if there is no limit
-- answers: {state, claimed, special, looked at, until}: claimed is number, address and name of each,
--   all ended by a NUL, which neither address nor name can hold; special is number, which attempt, and
--   to which relay only, of those that are not at their first attempt or may not go to every relay;
--   how many of the numbers were looked at; and, if not all, when to ask for the rest (Unix ms);
--   {'lost'} if the chunk is not ours any more
-- fields: subscriber
-- include: throttle
-- include: bits
local state, speed = unpack(redis.call('HMGET', campaign, 'state', 'speed'))
if redis.call('HGET', owners, chunk) ~= token then
  return {'lost'}
end
local now = tonumber(now_ms)
redis.call('ZADD', due, 'XX', now + lease_ms, chunk)
if state ~= 'sending' then
  return {state, '', '', 0, 0}
end
local listed, size, special = {}, 0, {}
local waits = cjson.decode(waits_json)
local tried = redis.call('HLEN', attempts) > 0
local plan = limits_json ~= '' and cjson.decode(limits_json)
if speed then -- the campaign's own limit, which may have been given while it is sending
  plan = plan or {limits = {}, relays = {}}
  plan.limits[#plan.limits + 1] = cjson.decode(speed)
end
local throttle = plan and open_throttle(throttles, queues, plan, now)
local function skip(n, reason)
  if redis.call('GETBIT', unknown, n) == 1 or redis.call('GETBIT', resent, n) == 1 then
    redis.call('SETBIT', unknown, n, 1) -- what was sent first may have arrived; it is not sent again
    redis.call('SETBIT', resend, n, 0)
  else
    redis.call('SETBIT', skipped, n, 1)
    redis.call('SETBIT', skipped_for .. reason, n, 1)
  end
  redis.call('SETBIT', deferred, n, 0)
  redis.call('ZREM', retries, n)
end
-- Returns whether it may go, to which relay only (or ''), and, if nothing may go, until when.
local function permitted(n, address)
  if not throttle or redis.call('GETBIT', claimed, n) == 1 then return true, '' end
  local waited = redis.call('GETBIT', deferred, n) == 1 and throttle.waits(waiting_for, n)
  local domain = string.lower(string.match(address, '@([^@]*)$') or '')
  local verdict, what, limit = throttle.ask(domain, waited)
  if verdict == 'stop' then return false, '', what end
  if waited then throttle.forget(waiting_for, n) end
  if verdict == 'go' then return true, what end
  redis.call('SETBIT', deferred, n, 1)
  redis.call('ZADD', retries, what, n)
  redis.call('SETBIT', waiting_for .. limit.id, n, 1)
  return false, ''
end
local span = span_of(numbers)
local is_accepted, is_rejected, is_skipped =
  bits_in(accepted, span), bits_in(rejected, span), bits_in(skipped, span)
local was_deferred, is_active, is_suppressed =
  bits_in(deferred, span), bits_in(active, span), bits_in(suppressed, span)
local function claim(n, subscriber, relay)
  local again = redis.call('SETBIT', claimed, n, 1) == 1
  local made = tried and tonumber(redis.call('HGET', attempts, n) or '0') or 0
  local waited = was_deferred(n) and redis.call('SETBIT', deferred, n, 0) == 1
  if made > 0 then
    -- The attempt and its next try are written down before dialling: whoever finds this delivery
    -- after a crash waits until then. Where only crashes of ours came before, nothing speaks for
    -- waiting: the readers' server has not asked for it.
    if not again then
      made = made + 1
      redis.call('HSET', attempts, n, made)
      if waited then
        redis.call('ZADD', retries, now + waits[math.min(made, #waits)], n)
      end
    end
  elseif waited then
    redis.call('ZREM', retries, n)
  end
  if made > 0 or relay ~= '' then
    special[#special + 1] = n
    special[#special + 1] = math.max(made, 1)
    special[#special + 1] = relay
  end
  listed[size + 1], listed[size + 2], listed[size + 3] = n, subscriber[1], subscriber[2] or ''
  size = size + 3
end
local looked, again_at = #numbers / 4, 0
for i = 1, #numbers, 4 do
  local n = struct.unpack('>I4', numbers, i)
  if not (is_accepted(n) or is_rejected(n) or is_skipped(n)) then
    local subscriber = redis.call('HMGET', subscribers .. n, SUBSCRIBER.address, SUBSCRIBER.name,
                                  SUBSCRIBER.paused_until)
    if not subscriber[1] then
      skip(n, 'gone')
    elseif is_suppressed(n) then
      skip(n, 'suppressed')
    elseif not is_active(n) then
      skip(n, 'inactive')
    elseif subscriber[3] and tonumber(subscriber[3]) * 1000 > now then
      skip(n, 'paused')
    else
      local may, relay, stop = permitted(n, subscriber[1])
      if may then
        claim(n, subscriber, relay)
      elseif stop then
        looked, again_at = (i - 1) / 4, math.ceil(stop)
        break
      end
    end
  end
end
if throttle then throttle.save() end
listed[size + 1] = '' -- so that the last one is ended too
special[#special + 1] = ''
return {state, table.concat(listed, '\0'), table.concat(special, '\0'), looked, again_at}
