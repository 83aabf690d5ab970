-- Claims deliveries for sending, after asking for consent at the last moment (laws 3 and 4).
-- KEYS: campaign, due, owners, claimed, accepted, rejected, skipped, deferred, unknown, resend,
--       active, suppressed, retries
-- ARGV: chunk, token, lease in ms, packed numbers (big-endian u32), prefix of subscriber keys,
--       prefix of the campaign's bitmaps by skip reason, now (Unix ms)
-- Returns {state, claimed}, where claimed is number, address and name of each, all ended by a NUL,
-- which neither address nor name can hold; {'lost'} if the chunk is not ours any more.
-- May be called again with the same numbers when its answer was lost: the chunk is ours alone.
local state = redis.call('HGET', KEYS[1], 'state')
if redis.call('HGET', KEYS[3], ARGV[1]) ~= ARGV[2] then
  return {'lost'}
end
redis.call('ZADD', KEYS[2], 'XX', ARGV[7] + ARGV[3], ARGV[1])
if state ~= 'sending' then
  return {state, ''}
end
local claimed, size = {}, 0
local function skip(n, reason)
  if redis.call('GETBIT', KEYS[9], n) == 1 then
    redis.call('SETBIT', KEYS[10], n, 0) -- it may have arrived: it stays unknown, and is not sent again
  else
    redis.call('SETBIT', KEYS[7], n, 1)
    redis.call('SETBIT', ARGV[6] .. reason, n, 1)
  end
  redis.call('SETBIT', KEYS[8], n, 0)
  redis.call('ZREM', KEYS[13], n)
end
for i = 1, #ARGV[4], 4 do
  local n = struct.unpack('>I4', ARGV[4], i)
  if redis.call('GETBIT', KEYS[5], n) + redis.call('GETBIT', KEYS[6], n) + redis.call('GETBIT', KEYS[7], n) == 0 then
    local subscriber = redis.call('HMGET', ARGV[5] .. n, 'a', 'n')
    if not subscriber[1] then
      skip(n, 'gone')
    elseif redis.call('GETBIT', KEYS[12], n) == 1 then
      skip(n, 'suppressed')
    elseif redis.call('GETBIT', KEYS[11], n) == 0 then
      skip(n, 'inactive')
    else
      redis.call('SETBIT', KEYS[4], n, 1)
      if redis.call('SETBIT', KEYS[8], n, 0) == 1 then
        redis.call('ZREM', KEYS[13], n)
      end
      claimed[size + 1], claimed[size + 2], claimed[size + 3] = n, subscriber[1], subscriber[2] or ''
      size = size + 3
    end
  end
end
claimed[size + 1] = '' -- so that the last one is ended too
return {state, table.concat(claimed, '\0')}
