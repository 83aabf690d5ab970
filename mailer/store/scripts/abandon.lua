-- Settles what a worker that is gone had claimed: nobody knows what became of those deliveries.
-- They are counted as unknown; with policy `resend` they are also given back, to be sent again
-- under the same Message-ID, at most ARGV[4] times: at once at the first attempt, else not before
-- the next try that was written down with the claim.
-- KEYS: campaign, owners, claimed, accepted, rejected, skipped, unknown, resend, resent, attempts, events,
--       deferred, retries
-- ARGV: chunk, token, packed numbers (big-endian u32), most resends, events as JSON {unknown, resent}
--       where the text COUNT stands for the number
-- Returns {given back, left unknown}, or {-1, -1} if the chunk is not ours any more.
if redis.call('HGET', KEYS[2], ARGV[1]) ~= ARGV[2] then
  return {-1, -1}
end
local campaign = redis.call('HMGET', KEYS[1], 'state', 'unknown_policy')
local resend = campaign[2] == 'resend' and campaign[1] ~= 'cancelled'
local again, left = 0, 0
for i = 1, #ARGV[3], 4 do
  local n = struct.unpack('>I4', ARGV[3], i)
  if redis.call('GETBIT', KEYS[4], n) + redis.call('GETBIT', KEYS[5], n) + redis.call('GETBIT', KEYS[6], n) == 0
    and redis.call('GETBIT', KEYS[3], n) == 1 then
    redis.call('SETBIT', KEYS[7], n, 1)
    redis.call('SETBIT', KEYS[3], n, 0)
    redis.call('HSETNX', KEYS[10], n, 1)
    if resend and tonumber(redis.call('HGET', KEYS[10], n)) <= tonumber(ARGV[4]) then
      if redis.call('ZSCORE', KEYS[13], n) then redis.call('SETBIT', KEYS[12], n, 1) end
      redis.call('SETBIT', KEYS[8], n, 1)
      redis.call('SETBIT', KEYS[9], n, 1)
      again = again + 1
    else
      redis.call('SETBIT', KEYS[8], n, 0)
      redis.call('ZREM', KEYS[13], n)
      left = left + 1
    end
  end
end
local events = cjson.decode(ARGV[5])
if again + left > 0 then
  for i, part in ipairs(events[1]) do if part == 'COUNT' then events[1][i] = again + left end end
  redis.call('XADD', KEYS[11], '*', unpack(events[1]))
end
if again > 0 then
  for i, part in ipairs(events[2]) do if part == 'COUNT' then events[2][i] = again end end
  redis.call('XADD', KEYS[11], '*', unpack(events[2]))
end
return {again, left}
