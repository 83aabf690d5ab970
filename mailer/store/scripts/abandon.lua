-- Settles what a worker that is gone had claimed: nobody knows what became of those deliveries.
-- They are counted as unknown; with policy `resend` they are also given back, to be sent again
-- under the same Message-ID, at most `most_resends` times: at once at the first attempt, else not
-- before the next try that was written down with the claim.
-- keys: campaign, owners, claimed, accepted, rejected, skipped, unknown, resend, resent, attempts,
--       events, deferred, retries
-- args: chunk, token, numbers, most_resends, events_json
--   numbers: packed (big-endian u32)
--   events_json: lists {unknown, resent}, where the text COUNT stands for the number
-- answers: {given back, left unknown}, or {-1, -1} if the chunk is not ours any more
if redis.call('HGET', owners, chunk) ~= token then
  return {-1, -1}
end
local known = redis.call('HMGET', campaign, 'state', 'unknown_policy')
local goes_again = known[2] == 'resend' and known[1] ~= 'cancelled'
local again, left = 0, 0
for i = 1, #numbers, 4 do
  local n = struct.unpack('>I4', numbers, i)
  if redis.call('GETBIT', accepted, n) + redis.call('GETBIT', rejected, n) + redis.call('GETBIT', skipped, n) == 0
    and redis.call('GETBIT', claimed, n) == 1 then
    redis.call('SETBIT', unknown, n, 1)
    redis.call('SETBIT', claimed, n, 0)
    redis.call('HSETNX', attempts, n, 1)
    if goes_again and tonumber(redis.call('HGET', attempts, n)) <= tonumber(most_resends) then
      if redis.call('ZSCORE', retries, n) then redis.call('SETBIT', deferred, n, 1) end
      redis.call('SETBIT', resend, n, 1)
      redis.call('SETBIT', resent, n, 1)
      again = again + 1
    else
      redis.call('SETBIT', resend, n, 0)
      redis.call('ZREM', retries, n)
      left = left + 1
    end
  end
end
local function tell(event, count)
  if count == 0 then return end
  for i, part in ipairs(event) do if part == 'COUNT' then event[i] = count end end
  redis.call('XADD', events, '*', unpack(event))
end
local told = cjson.decode(events_json)
tell(told[1], again + left)
tell(told[2], again)
return {again, left}
