-- Queues a mail of a template with all that belongs to it, or writes down why it is skipped; once
-- for each idempotency key.
-- keys: known, templates, version, returns, mailings, by_address, suppressions, actor_limit,
--       address_limit, mail, due, queued, skipped, mails, template_mails, tally, uses, events
--   known: what the idempotency key stands for; returns: whose the return path is
--   queued, skipped: the mails in those states
-- args: subscribers, options_json
--   subscribers: a prefix
--   options_json:
--     now, number, slug, use (its version), language, mailing (beginning of the identity),
--     content (digest of what is asked for; empty: no idempotency key), known_seconds,
--     key (normalised address), hashed (its suppression hash), topic (empty: none),
--     refusals (status -> reason; the empty status stands for nobody we know), elsewhere (reason
--     for a subscriber who has not that topic), stopped (reason for a suppressed address),
--     actor_most (0: no limit), actor_seconds, address_most, address_seconds,
--     fields (of the mail), private (fields that go with its end), kept_seconds, return_seconds,
--     events (state -> JSON list; SUBSCRIBER and REASON are replaced)
-- answers: verdict, and what goes with it:
--   known: number, content; gone: -; identity: - (draw another);
--   actor, address: seconds until the limit is over; queued: number; skipped: number, reason
-- fields: subscriber, mail
local call, o = redis.call, cjson.decode(options_json)
if o.content ~= '' then
  local found = call('GET', known)
  if found then
    local number, content = string.match(found, '(%d+) (%S+)')
    return {'known', number, content}
  end
end
if call('HEXISTS', templates, o.slug) == 0 or call('EXISTS', version) == 0 then return {'gone'} end
if call('EXISTS', returns) == 1 or call('HEXISTS', mailings, o.mailing) == 1 then return {'identity'} end

local function used_up(limit, most)
  if most > 0 and tonumber(call('GET', limit) or '0') >= most then
    return tostring(math.max(call('TTL', limit), 1))
  end
end
local wait = used_up(actor_limit, o.actor_most)
if wait then return {'actor', wait} end

local subscriber = call('HGET', by_address, o.key)
local status, topics = '', ''
if subscriber then
  local found = call('HMGET', subscribers .. subscriber, SUBSCRIBER.status, SUBSCRIBER.topics)
  status, topics = found[1] or '', found[2] or ''
end
local reason = o.refusals[status]
if call('HEXISTS', suppressions, o.hashed) == 1 then
  reason = o.stopped
elseif not reason and o.topic ~= '' and not string.find(' ' .. topics .. ' ', ' ' .. o.topic .. ' ', 1, true) then
  reason = o.elsewhere
end
if not reason then
  wait = used_up(address_limit, o.address_most)
  if wait then return {'address', wait} end
end

local function count(limit, seconds)
  if call('INCR', limit) == 1 then call('EXPIRE', limit, seconds) end
end
count(actor_limit, o.actor_seconds)
local state = reason and 'skipped' or 'queued'
call('HSET', mail, MAIL.subscriber, subscriber or '0', 'state', state, unpack(o.fields))
if reason then
  call('HSET', mail, 'reason', reason)
  call('EXPIRE', mail, o.kept_seconds)
  call('ZADD', skipped, o.now, o.number)
else
  count(address_limit, o.address_seconds)
  call('HSET', mail, unpack(o.private))
  call('SET', returns, o.number, 'EX', o.return_seconds)
  call('ZADD', due, o.now + 60, o.number)
  call('ZADD', queued, o.now, o.number)
  call('HINCRBY', uses, o.use, 1)
end
call('ZADD', mails, o.now, o.number)
call('ZADD', template_mails, o.now, o.number)
call('HINCRBY', tally, o.language .. ' ' .. state, 1)
if o.content ~= '' then call('SET', known, o.number .. ' ' .. o.content, 'EX', o.known_seconds) end
local event = o.events[state]
for place, part in ipairs(event) do
  if part == 'SUBSCRIBER' then event[place] = subscriber or '0' end
  if part == 'REASON' then event[place] = reason end
end
call('XADD', events, '*', unpack(event))
return {state, tostring(o.number), reason or ''}
