-- Puts a batch of subscribers as it was decided, each only if it is still as it was seen then.
-- keys: by_address, last_number, suppressions, suppressed, events, statuses, languages, topics, tags,
--       directories
-- args: subscribers, bits, waiting, now, event_json, rows_json
--   subscribers, bits, waiting (lists of who waits for a topic): prefixes; now: Unix seconds
--   event_json: the event for all rows, to which the count of each kind is added; written if any was put
--   rows_json: of each {key, hash for suppression, as it was seen, kind, status that follows or '',
--     {field: value, '' to remove it}, record to suppress the address with or '', [its own events]}
-- answers: {places of the rows that were not put, for they are otherwise by now}
-- fields: subscriber
-- include: moderation
local call = redis.call
local registers = {status = statuses, language = languages, topic = topics, tag = tags,
                   directory = directories}
local SEEN = {SUBSCRIBER.status, SUBSCRIBER.language, SUBSCRIBER.topics, SUBSCRIBER.tags,
              SUBSCRIBER.name, SUBSCRIBER.consent, SUBSCRIBER.directory, SUBSCRIBER.directory_said}
local KINDS = {[SUBSCRIBER.language] = 'language', [SUBSCRIBER.topics] = 'topic',
               [SUBSCRIBER.tags] = 'tag', [SUBSCRIBER.directory] = 'directory'}
local counts, otherwise, put_any = {}, {}, false

local function set_words(kind, words, number, bit)
  for word in string.gmatch(words or '', '%S+') do
    if bit == 1 then call('SADD', registers[kind], word) end
    call('SETBIT', bits .. kind .. ':' .. word, number, bit)
  end
end

local function seen(row, number)
  local parts = {call('HEXISTS', suppressions, row[2])}
  if number then
    for place, value in ipairs(call('HMGET', subscribers .. number, unpack(SEEN))) do
      parts[place + 1] = value or ''
    end
  end
  return table.concat(parts, '\n')
end

local function set(row, number, before)
  local key = subscribers .. number
  for field, value in pairs(row[6]) do
    if KINDS[field] then
      set_words(KINDS[field], call('HGET', key, field), number, 0)
      set_words(KINDS[field], value, number, 1)
    end
    if value == '' then call('HDEL', key, field) else call('HSET', key, field, value) end
  end
  if row[5] ~= '' and row[5] ~= before then
    call('HSET', key, SUBSCRIBER.status, row[5], SUBSCRIBER.changed, now)
    set_words('status', before, number, 0)
    set_words('status', row[5], number, 1)
  end
  tidy_waiting(waiting, topics, key, number)
end

local function tell(event, number)
  for place, part in ipairs(event) do
    if part == 'SUBSCRIBER' then event[place] = number or 0 end
  end
  call('XADD', events, '*', unpack(event))
end

local function put(place, row)
  local number = call('HGET', by_address, row[1])
  if seen(row, number) ~= row[3] then
    otherwise[#otherwise + 1] = place
    return
  end
  put_any = true
  counts[row[4]] = (counts[row[4]] or 0) + 1
  local before = number and call('HGET', subscribers .. number, SUBSCRIBER.status)
  if not number and row[5] ~= '' then
    number = tostring(call('INCR', last_number))
    call('HSET', by_address, row[1], number)
    call('HSET', subscribers .. number, SUBSCRIBER.added, now)
  end
  if number then set(row, number, before or '') end
  if row[7] ~= '' and call('HSETNX', suppressions, row[2], row[7]) == 1 and number then
    call('SETBIT', suppressed, number, 1)
  end
  for _, event in ipairs(row[8]) do tell(event, number) end
end

for place, row in ipairs(cjson.decode(rows_json)) do put(place, row) end

if put_any then
  local event = cjson.decode(event_json)
  for _, kind in ipairs({'added', 'changed', 'taken_off', 'suppressed'}) do
    event[#event + 1] = kind
    event[#event + 1] = counts[kind] or 0
  end
  call('XADD', events, '*', unpack(event))
end
return otherwise
