-- One step of a subscription with all that belongs to it, or nothing of it: the status, what the
-- subscriber chose, the request, the service mail and the events.
--
-- KEYS  1 by-address  2 last subscriber number  3 events  4 statuses  5 languages  6 topics
--       7 suppression  8 limit  9 request  10 open requests  11 service mail  12 mails due
--       13 mails queued
-- ARGV  1 prefix of subscribers  2 prefix of bitmaps  3 options (JSON):
--   now, key (normalised address), suppression (its hash), nobody (true: about no subscriber),
--   address, source, create (true: begin as pending), number (0: by address),
--   ways (status -> status that follows; one that is not there: nothing is done),
--   set (field -> value), state (what the request must be), become (what it becomes),
--   request (its number, as text), fields (of a new request), over (when it is over), kept (seconds),
--   once (seconds between two such mails, 0: no limit), mail (its fields), outbox (its number),
--   clears (true: bounces of older mail count no more),
--   forget (true: erase a subscriber who is pending, if no later request waits),
--   events (JSON lists; SUBSCRIBER is replaced)
-- Answers `done`, or in a word why nothing was done.
local call, o = redis.call, cjson.decode(ARGV[3])
local registers = {status = KEYS[4], language = KEYS[5], topic = KEYS[6]}

local function bits(kind, value, number, bit)
  if bit == 1 then call('SADD', registers[kind], value) end
  call('SETBIT', ARGV[2] .. kind .. ':' .. value, number, bit)
end

local function each_bits(kind, words, number, bit)
  for word in string.gmatch(words or '', '%S+') do bits(kind, word, number, bit) end
end

local number, status
if o.suppression ~= '' and call('HEXISTS', KEYS[7], o.suppression) == 1 then return 'suppressed' end
if not o.nobody then
  number = o.number > 0 and tostring(o.number) or call('HGET', KEYS[1], o.key)
  status = number and call('HGET', ARGV[1] .. number, 's')
  if not status then
    if not o.create then return 'unknown' end
    number = nil
  elseif not o.ways[status] then
    return status
  end
end
if o.state and (call('HGET', KEYS[9], 's') or '') ~= o.state then return 'request' end
if o.once > 0 then
  local last = tonumber(call('GET', KEYS[8]) or '0')
  if last > 0 and o.now - last < o.once then return 'limit' end
  call('SET', KEYS[8], o.now, 'EX', o.once)
end

if not o.nobody and not number then
  number = tostring(call('INCR', KEYS[2]))
  call('HSET', KEYS[1], o.key, number)
  call('HSET', ARGV[1] .. number, 'a', o.address, 'l', o.set.l, 't', o.set.t, 's', 'pending',
       'i', o.now, 'o', o.source)
  bits('status', 'pending', number, 1)
  bits('language', o.set.l, number, 1)
  each_bits('topic', o.set.t, number, 1)
elseif number then
  local key, to = ARGV[1] .. number, o.ways[status]
  local last = call('HGET', key, 'q')
  if o.forget and status == 'pending' and (not last or last == o.request) then
    local old = call('HMGET', key, 'a', 'l', 't')
    bits('status', 'pending', number, 0)
    if old[2] then bits('language', old[2], number, 0) end
    each_bits('topic', old[3], number, 0)
    call('DEL', key)
    call('HDEL', KEYS[1], o.key)
  else
    if to ~= status then
      call('HSET', key, 's', to, 'd', o.now)
      bits('status', status, number, 0)
      bits('status', to, number, 1)
    end
    if o.clears then
      call('HDEL', key, 'b', 'w')
      call('HSET', key, 'v', o.now)
    end
    if not (o.create and to ~= 'pending') then
      local old = call('HMGET', key, 'l', 't')
      for field, value in pairs(o.set) do
        if value == '' then call('HDEL', key, field) else call('HSET', key, field, value) end
      end
      if o.set.l and o.set.l ~= old[1] then
        if old[1] then bits('language', old[1], number, 0) end
        bits('language', o.set.l, number, 1)
      end
      if o.set.t then
        each_bits('topic', old[2], number, 0)
        each_bits('topic', o.set.t, number, 1)
      end
    end
  end
end

if o.fields then
  call('HSET', KEYS[9], 'n', number, unpack(o.fields))
  call('EXPIRE', KEYS[9], o.kept)
  call('ZADD', KEYS[10], o.over, o.request)
  call('HSET', ARGV[1] .. number, 'q', o.request)
elseif o.become then
  call('HSET', KEYS[9], 's', o.become)
  call('ZREM', KEYS[10], o.request)
end
if o.mail then
  call('HSET', KEYS[11], 'n', number or '0', unpack(o.mail))
  call('ZADD', KEYS[12], o.now + 60, o.outbox)
  call('ZADD', KEYS[13], o.now, o.outbox)
end
for _, event in ipairs(o.events) do
  local skip = false
  for place, part in ipairs(event) do
    if part == 'SUBSCRIBER' then event[place] = number or '0' end
    if part == 'FROM' then event[place] = status or '' end
    if part == 'TO' then event[place] = number and o.ways[status or ''] or '' end
    if part == 'IF-ADDED' then skip = status and true or false end
    if part == 'IF-MOVED' then skip = not status or o.ways[status] == status end
  end
  if string.sub(event[1], 1, 3) == 'IF-' then table.remove(event, 1) end
  if not skip then call('XADD', KEYS[3], '*', unpack(event)) end
end
return 'done'
