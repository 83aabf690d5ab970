-- Claims deliveries for sending, after asking for consent at the last moment (laws 3 and 4).
-- KEYS: campaign, due, owners, claimed, accepted, rejected, skipped, deferred, unknown, resend,
--       active, suppressed, retries, attempts, throttles, the campaign's places in their queues, resent
-- ARGV: chunk, token, lease in ms, packed numbers (big-endian u32), prefix of subscriber keys,
--       prefix of the campaign's bitmaps by skip reason, now (Unix ms),
--       waits after each attempt in ms (JSON list), limits and relays (JSON, or empty if there is no
--       limit), prefix of the campaign's bitmaps by limit waited for
-- Returns {state, claimed, special, looked at, until}: claimed is number, address and name of each,
-- all ended by a NUL, which neither address nor name can hold; special is number, which attempt, and
-- to which relay only, of those that are not at their first attempt or may not go to every relay;
-- how many of the numbers were looked at; and, if not all, when to ask for the rest (Unix ms).
-- {'lost'} if the chunk is not ours any more.
-- May be called again with the same numbers when its answer was lost: the chunk is ours alone.
-- include: throttle
-- include: bits
local state = redis.call('HGET', KEYS[1], 'state')
if redis.call('HGET', KEYS[3], ARGV[1]) ~= ARGV[2] then
  return {'lost'}
end
local now = tonumber(ARGV[7])
redis.call('ZADD', KEYS[2], 'XX', now + ARGV[3], ARGV[1])
if state ~= 'sending' then
  return {state, '', '', 0, 0}
end
local claimed, size, special = {}, 0, {}
local waits = cjson.decode(ARGV[8])
local tried = redis.call('HLEN', KEYS[14]) > 0
local throttle = ARGV[9] ~= '' and open_throttle(KEYS[15], KEYS[16], cjson.decode(ARGV[9]), now)
local function skip(n, reason)
  if redis.call('GETBIT', KEYS[9], n) == 1 or redis.call('GETBIT', KEYS[17], n) == 1 then
    redis.call('SETBIT', KEYS[9], n, 1) -- what was sent first may have arrived; it is not sent again
    redis.call('SETBIT', KEYS[10], n, 0)
  else
    redis.call('SETBIT', KEYS[7], n, 1)
    redis.call('SETBIT', ARGV[6] .. reason, n, 1)
  end
  redis.call('SETBIT', KEYS[8], n, 0)
  redis.call('ZREM', KEYS[13], n)
end
-- Returns whether it may go, to which relay only (or ''), and, if nothing may go, until when.
local function permitted(n, address)
  if not throttle or redis.call('GETBIT', KEYS[4], n) == 1 then return true, '' end
  local waited = redis.call('GETBIT', KEYS[8], n) == 1 and throttle.waits(ARGV[10], n)
  local domain = string.lower(string.match(address, '@([^@]*)$') or '')
  local verdict, what, limit = throttle.ask(domain, waited)
  if verdict == 'stop' then return false, '', what end
  if waited then throttle.forget(ARGV[10], n) end
  if verdict == 'go' then return true, what end
  redis.call('SETBIT', KEYS[8], n, 1)
  redis.call('ZADD', KEYS[13], what, n)
  redis.call('SETBIT', ARGV[10] .. limit.id, n, 1)
  return false, ''
end
local span = span_of(ARGV[4])
local accepted, rejected, skipped = bits_in(KEYS[5], span), bits_in(KEYS[6], span), bits_in(KEYS[7], span)
local was_deferred, active, suppressed = bits_in(KEYS[8], span), bits_in(KEYS[11], span), bits_in(KEYS[12], span)
local function claim(n, subscriber, relay)
  local again = redis.call('SETBIT', KEYS[4], n, 1) == 1
  local attempts = tried and tonumber(redis.call('HGET', KEYS[14], n) or '0') or 0
  local deferred = was_deferred(n) and redis.call('SETBIT', KEYS[8], n, 0) == 1
  if attempts > 0 then
    -- The attempt and its next try are written down before dialling: whoever finds this delivery
    -- after a crash waits until then. Where only crashes of ours came before, nothing speaks for
    -- waiting: the readers' server has not asked for it.
    if not again then
      attempts = attempts + 1
      redis.call('HSET', KEYS[14], n, attempts)
      if deferred then
        redis.call('ZADD', KEYS[13], now + waits[math.min(attempts, #waits)], n)
      end
    end
  elseif deferred then
    redis.call('ZREM', KEYS[13], n)
  end
  if attempts > 0 or relay ~= '' then
    special[#special + 1] = n
    special[#special + 1] = math.max(attempts, 1)
    special[#special + 1] = relay
  end
  claimed[size + 1], claimed[size + 2], claimed[size + 3] = n, subscriber[1], subscriber[2] or ''
  size = size + 3
end
local looked, again_at = #ARGV[4] / 4, 0
for i = 1, #ARGV[4], 4 do
  local n = struct.unpack('>I4', ARGV[4], i)
  if not (accepted(n) or rejected(n) or skipped(n)) then
    local subscriber = redis.call('HMGET', ARGV[5] .. n, 'a', 'n', 'u')
    if not subscriber[1] then
      skip(n, 'gone')
    elseif suppressed(n) then
      skip(n, 'suppressed')
    elseif not active(n) then
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
claimed[size + 1] = '' -- so that the last one is ended too
special[#special + 1] = ''
return {state, table.concat(claimed, '\0'), table.concat(special, '\0'), looked, again_at}
