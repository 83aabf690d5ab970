-- One step of a subscription with all that belongs to it, or nothing of it: the status, what the
-- subscriber chose, the request, the service mail and the events.
-- keys: by_address, last_number, events, statuses, languages, topics, suppressions, limit, request,
--       requests_open, mail, mails_due, mails_queued
-- args: subscribers, bits, waiting, options_json
--   subscribers, bits, waiting (lists of who waits for a topic): prefixes
--   options_json:
--     now, key (normalised address), suppression (its hash), nobody (true: about no subscriber),
--     address, source, create (true: begin as pending), number (0: by address),
--     ways (status -> status that follows; one that is not there: nothing is done),
--     set (field -> value), state (what the request must be), become (what it becomes),
--     request (its number, as text), fields (of a new request), over (when it is over), kept (seconds),
--     once (seconds between two such mails, 0: no limit), mail (its fields), outbox (its number),
--     clears (true: bounces of older mail count no more),
--     waits (topics that the subscriber waits for from now on; not there: as before),
--     held (those of the topics in `set` that are on only because the subscriber has them; if not any
--     more, they wait), decides (a topic that must be waited for, or for a yes be declined), grants
--     (true: it is on then; false: it is declined),
--     forget (true: erase a subscriber who is pending, if no later request waits),
--     left (bitmap of a campaign's ledger: of those who left by its mail),
--     events (JSON lists; SUBSCRIBER, FROM, TO and WAITS are replaced)
-- answers: `done`, or in a word why nothing was done
-- fields: subscriber, request, mail
-- include: joined
-- include: moderation
local KEEPS = {active = true, suspended = true}
local call, o = redis.call, cjson.decode(options_json)
local language, chosen = o.set[SUBSCRIBER.language], o.set[SUBSCRIBER.topics]
local registers = {status = statuses, language = languages, topic = topics}

local function set_bits(kind, value, number, bit)
  if bit == 1 then call('SADD', registers[kind], value) end
  call('SETBIT', bits .. kind .. ':' .. value, number, bit)
end

local function each_bits(kind, words, number, bit)
  for word in string.gmatch(words or '', '%S+') do set_bits(kind, word, number, bit) end
end

local number, status
local new = {}
if o.suppression ~= '' and call('HEXISTS', suppressions, o.suppression) == 1 then return 'suppressed' end
if not o.nobody then
  number = o.number > 0 and tostring(o.number) or call('HGET', by_address, o.key)
  status = number and call('HGET', subscribers .. number, SUBSCRIBER.status)
  if not status then
    if not o.create then return 'unknown' end
    number = nil
  elseif not o.ways[status] then
    return status
  end
end
if o.decides then
  local found = call('HMGET', subscribers .. number, SUBSCRIBER.waiting, SUBSCRIBER.declined)
  local waits = read_since(found[1])[o.decides]
  -- A no may become a yes.
  if not waits and not (o.grants and read_since(found[2])[o.decides]) then return 'waiting' end
end
if o.state and (call('HGET', request, REQUEST.state) or '') ~= o.state then return 'request' end
if o.once > 0 then
  local last = tonumber(call('GET', limit) or '0')
  if last > 0 and o.now - last < o.once then return 'limit' end
  call('SET', limit, o.now, 'EX', o.once)
end

-- What the subscriber had when this was decided may be gone since: what only the secretariat gives
-- is waited for then.
local function guard(waits, had)
  local on = {}
  for word in string.gmatch(chosen, '%S+') do on[#on + 1] = word end
  for _, topic in ipairs(o.held) do
    if not (KEEPS[status] and had[topic]) then
      for place = #on, 1, -1 do
        if on[place] == topic then table.remove(on, place) end
      end
      waits[topic] = true
    end
  end
  chosen = table.concat(on, ' ')
  o.set[SUBSCRIBER.topics] = chosen
end

local function decide(key, had)
  local declined = read_since(call('HGET', key, SUBSCRIBER.declined))
  declined[o.decides] = not o.grants and o.now or nil
  write_since(key, SUBSCRIBER.declined, declined)
  if o.grants then
    local on = {o.decides}
    for topic in pairs(had) do
      if topic ~= o.decides then on[#on + 1] = topic end
    end
    table.sort(on)
    chosen = table.concat(on, ' ')
    o.set[SUBSCRIBER.topics] = chosen
  end
end

local function topics_of(key, had)
  local waits = {}
  for _, topic in ipairs(o.waits or {}) do waits[topic] = true end
  if chosen and o.held then guard(waits, had) end
  if o.decides then
    for topic in pairs(read_since(call('HGET', key, SUBSCRIBER.waiting))) do waits[topic] = true end
    waits[o.decides] = nil
    decide(key, had)
  end
  if o.waits or o.decides then new = set_waiting(waiting, topics, key, number, waits, o.now) end
end

if not o.nobody and not number then
  number = tostring(call('INCR', last_number))
  call('HSET', by_address, o.key, number)
  call('HSET', subscribers .. number, SUBSCRIBER.address, o.address,
       SUBSCRIBER.language, language, SUBSCRIBER.topics, chosen, SUBSCRIBER.status, 'pending',
       SUBSCRIBER.added, o.now, SUBSCRIBER.source, o.source)
  for _, digit in ipairs(joined_digits(o.now)) do call('SETBIT', bits .. 'joined:' .. digit, number, 1) end
  set_bits('status', 'pending', number, 1)
  set_bits('language', language, number, 1)
  each_bits('topic', chosen, number, 1)
elseif number then
  local key, to = subscribers .. number, o.ways[status]
  local last = call('HGET', key, SUBSCRIBER.request)
  if o.forget and status == 'pending' and (not last or last == o.request) then
    local old = call('HMGET', key, SUBSCRIBER.language, SUBSCRIBER.topics)
    set_bits('status', 'pending', number, 0)
    if old[1] then set_bits('language', old[1], number, 0) end
    each_bits('topic', old[2], number, 0)
    clear_joined(bits, number)
    call('SETBIT', bits .. 'bounced', number, 0)
    call('DEL', key)
    call('HDEL', by_address, o.key)
  else
    if to ~= status then
      call('HSET', key, SUBSCRIBER.status, to, SUBSCRIBER.changed, o.now)
      set_bits('status', status, number, 0)
      set_bits('status', to, number, 1)
      if not KEEPS[to] then set_waiting(waiting, topics, key, number, {}, o.now) end
    end
    if o.clears then
      call('HDEL', key, SUBSCRIBER.marks, SUBSCRIBER.bounced)
      call('HSET', key, SUBSCRIBER.vouched, o.now)
      call('SETBIT', bits .. 'bounced', number, 0)
    end
    if not (o.create and to ~= 'pending') then
      local old = call('HMGET', key, SUBSCRIBER.language, SUBSCRIBER.topics)
      topics_of(key, words_in(old[2]))
      for field, value in pairs(o.set) do
        if value == '' then call('HDEL', key, field) else call('HSET', key, field, value) end
      end
      if language and language ~= old[1] then
        if old[1] then set_bits('language', old[1], number, 0) end
        set_bits('language', language, number, 1)
      end
      if chosen then
        each_bits('topic', old[2], number, 0)
        each_bits('topic', chosen, number, 1)
      end
    end
  end
end

if o.left and number then call('SETBIT', o.left, number, 1) end
if o.fields then
  call('HSET', request, REQUEST.subscriber, number, unpack(o.fields))
  call('EXPIRE', request, o.kept)
  call('ZADD', requests_open, o.over, o.request)
  call('HSET', subscribers .. number, SUBSCRIBER.request, o.request)
elseif o.become then
  call('HSET', request, REQUEST.state, o.become)
  call('ZREM', requests_open, o.request)
end
if o.mail then
  call('HSET', mail, MAIL.subscriber, number or '0', unpack(o.mail))
  call('ZADD', mails_due, o.now + 60, o.outbox)
  call('ZADD', mails_queued, o.now, o.outbox)
end
for _, event in ipairs(o.events) do
  local skip = false
  for place, part in ipairs(event) do
    if part == 'SUBSCRIBER' then event[place] = number or '0' end
    if part == 'FROM' then event[place] = status or '' end
    if part == 'TO' then event[place] = number and o.ways[status or ''] or '' end
    if part == 'WAITS' then event[place] = table.concat(new, ' ') end
    if part == 'IF-WAITS' then skip = #new == 0 end
    if part == 'IF-ADDED' then skip = status and true or false end
    if part == 'IF-MOVED' then skip = not status or o.ways[status] == status end
  end
  if string.sub(event[1], 1, 3) == 'IF-' then table.remove(event, 1) end
  if not skip then call('XADD', events, '*', unpack(event)) end
end
return 'done'
