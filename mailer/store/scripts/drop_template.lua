-- Removes a version of a template that is the newest no more, unless a mail is still of it.
-- keys: versions, uses, template
-- args: use, before
--   use: the version; before: it must have been replaced by then (Unix seconds)
-- answers: 1, or 0 if it stays
local since = redis.call('ZSCORE', versions, use)
if not since or since == 'inf' or tonumber(since) > tonumber(before) then return 0 end
if redis.call('HEXISTS', uses, use) == 1 then return 0 end
redis.call('DEL', template)
redis.call('ZREM', versions, use)
return 1
