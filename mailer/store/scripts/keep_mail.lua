-- Keeps a mail that came in, unless it is here already or there is no room, with its event.
-- keys: seen, record, raw, due, unread, bytes, events, shares
-- args: number, seen_seconds, fields_json, content, due_at, came_at, most_bytes, event_json, charge,
--       limits_json
--   seen_seconds: how long repeats are known
--   fields_json: of the record, a list; content: the mail, as it is kept
--   most_bytes: octets that may be kept; charge: what it counts in its shares (octets)
--   limits_json: of each share {code, field, most octets}
-- answers: 1 if it is kept now, 0 if it was here already, -1 if there is no room, or the code of a
--   share that is used up
if redis.call('EXISTS', seen) == 1 then return 0 end
local size = #content
local limits = cjson.decode(limits_json)
for _, share in ipairs(limits) do
  if tonumber(redis.call('HGET', shares, share[2]) or '0') + charge > share[3] then
    return share[1]
  end
end
if tonumber(redis.call('GET', bytes) or '0') + size > tonumber(most_bytes) then return -1 end
for _, share in ipairs(limits) do redis.call('HINCRBY', shares, share[2], charge) end
redis.call('SET', seen, number, 'EX', seen_seconds)
redis.call('HSET', record, unpack(cjson.decode(fields_json)))
redis.call('SET', raw, content)
redis.call('ZADD', due, due_at, number)
redis.call('ZADD', unread, came_at, number)
redis.call('INCRBY', bytes, size)
redis.call('XADD', events, '*', unpack(cjson.decode(event_json)))
return 1
