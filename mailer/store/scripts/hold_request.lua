-- Keeps the answer of a request that bears an idempotency key, or holds it for longer, or gives it up.
-- keys: record
-- args: owner, lease_ends, answer
--   owner: whoever began it; lease_ends: Unix milliseconds, 0: another attempt may begin at once
--   answer: empty: there is none yet
-- answers: 1; 0, with nothing changed, if another owner has begun it since, or it is forgotten
if redis.call('HGET', record, 'owner') ~= owner then return 0 end
if answer == '' then
  redis.call('HSET', record, 'lease', lease_ends)
else
  redis.call('HSET', record, 'answer', answer)
end
return 1
