-- Lets deliveries of a campaign that ended otherwise be tried again: those that were rejected, or whose
-- outcome is unknown. A campaign that was sent is sending again, for them alone.
-- keys: campaign, open, claimed, rejected, unknown, resend, resent, attempts, due, chunks, events
-- args: number, numbers, what, ways_json, event_json
--   numbers: packed (big-endian u32); what is not so any more is left as it is
--   what: `rejected` or `unknown`
--   ways_json: state -> the one that follows
--   event_json: COUNT in it is replaced
-- answers: {how many, its state before}; nothing is done in a state that has no way
local state = redis.call('HGET', campaign, 'state')
local to = cjson.decode(ways_json)[state or '']
if not to then return {0, state or ''} end
local count = 0
for i = 1, #numbers, 4 do
  local n = struct.unpack('>I4', numbers, i)
  if what == 'rejected' then
    if redis.call('GETBIT', rejected, n) == 1 then
      redis.call('SETBIT', rejected, n, 0)
      redis.call('SETBIT', claimed, n, 0)
      redis.call('HDEL', attempts, n)
      count = count + 1
    end
  elseif redis.call('GETBIT', unknown, n) == 1 and redis.call('GETBIT', resend, n) == 0 then
    redis.call('SETBIT', resend, n, 1)
    redis.call('SETBIT', resent, n, 1)
    redis.call('SETBIT', claimed, n, 0)
    redis.call('HSET', attempts, n, 1)
    count = count + 1
  end
end
if count > 0 then
  for chunk = 0, redis.call('LLEN', chunks) - 2 do redis.call('ZADD', due, 'NX', 0, chunk) end
  redis.call('SADD', open, number)
  redis.call('HDEL', campaign, 'finished_at')
  if to ~= state then redis.call('HSET', campaign, 'state', to, 'reason', '') end
  local event = cjson.decode(event_json)
  for place, part in ipairs(event) do
    if part == 'COUNT' then event[place] = count end
  end
  redis.call('XADD', events, '*', unpack(event))
end
return {count, state}
