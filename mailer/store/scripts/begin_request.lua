-- Begins a request that bears an idempotency key, unless it was begun, or answered, before.
-- keys: record
-- args: digest, owner, now, lease_ends, kept_seconds
--   digest: of the request; owner: whoever answers it now; now, lease_ends: Unix milliseconds
-- answers: a word, then a value: `begun`, or `again` if an attempt before was not answered, and what
--   that made (or nothing); `answered` and the answer; `busy` and when its lease ends; `other` if the
--   key came with another request
local found = redis.call('HMGET', record, 'digest', 'answer', 'lease', 'made')
if found[1] and found[1] ~= digest then return {'other', ''} end
if found[2] then return {'answered', found[2]} end
if found[3] and tonumber(found[3]) > tonumber(now) then return {'busy', found[3]} end
redis.call('HSET', record, 'digest', digest, 'owner', owner, 'lease', lease_ends)
if not found[1] then redis.call('EXPIRE', record, kept_seconds) end
return {found[1] and 'again' or 'begun', found[4] or ''}
