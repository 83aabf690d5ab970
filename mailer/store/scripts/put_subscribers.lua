-- Adds or updates a batch of subscribers for whom the secretariat vouches, with the event.
-- keys: by_address, last_number, suppressions, events, statuses, languages, topics, tags,
--       attributes
-- args: subscribers, bits, waiting, options_json, rows_json
--   subscribers, bits, waiting (lists of who waits for a topic): prefixes
--   options_json: ways {status: the one that follows}, first (status of who is new), language and
--     topics (of who is new and has none), source, now (Unix seconds), dry (change nothing),
--     refused (lines refused before), and the events, as lists to which fields are added here:
--     event {for all rows, fields}, or for a single row added {..} and updated {..}
--   rows_json: of each {key, address, language, topics, tags, name, suppression hash, attributes};
--     topics and tags are words in order, parted by spaces; an empty text means "not said": as it
--     is, or default; tags or a name of "-" mean that there are none; of each attribute that is said
--     {name, value or "-", marks}
-- answers: {added, updated, unchanged, refused: {row, "suppressed" or status, its record or since,
--   and so on}, number of the first row's subscriber or 0}
-- fields: subscriber
-- include: attributes
-- include: joined
-- include: moderation
local registers = {status = statuses, language = languages, topic = topics, tag = tags,
                   attribute = attributes}
local clear_marks, set_marks = open_attributes(attributes, bits)
local options, rows = cjson.decode(options_json), cjson.decode(rows_json)
local call = redis.call
local dry = options.dry
local last = tonumber(call('GET', last_number) or '0')
local first_free = last
local added, updated, unchanged = 0, 0, 0
local refused, changed = {}, {}
local first_number = 0
local any_suppressed = call('HLEN', suppressions) > 0
local fresh = {}  -- bitmap -> numbers added in this batch

local function set_bit(kind, value, number, bit)
  if bit == 1 then call('SADD', registers[kind], value) end
  call('SETBIT', bits .. kind .. ':' .. value, number, bit)
end

local function set_words(kind, words, number, bit)
  for word in string.gmatch(words, '%S+') do set_bit(kind, word, number, bit) end
end

-- New numbers lie side by side: their bits are collected, and written as bytes by `write_fresh`.
local function mark(kind, value, number)
  local key = bits .. kind .. ':' .. value
  if not fresh[key] then
    fresh[key] = {}
    call('SADD', registers[kind], value)
  end
  table.insert(fresh[key], number)
end

local function mark_words(kind, words, number)
  for word in string.gmatch(words, '%S+') do mark(kind, word, number) end
end

local newcomers = {}  -- numbers added in this batch: all of them joined on the same day

local function write_fresh()
  for _, digit in ipairs(joined_digits(options.now)) do
    if #newcomers > 0 then fresh[bits .. 'joined:' .. digit] = newcomers end
  end
  local from, to = math.floor(first_free / 8), math.floor(last / 8)
  local masks = {}  -- several bitmaps may have the same numbers
  for key, numbers in pairs(fresh) do
    local old, bytes, mask = call('GETRANGE', key, from, to), {}, masks[numbers]
    if not mask then
      mask = {}
      for place = 1, to - from + 1 do mask[place] = 0 end
      for _, number in ipairs(numbers) do
        local place = math.floor(number / 8) - from + 1
        mask[place] = bit.bor(mask[place], bit.rshift(128, number % 8))
      end
      masks[numbers] = mask
    end
    for place, octet in ipairs(mask) do
      bytes[place] = bit.bor(string.byte(old, place) or 0, octet)
    end
    call('SETRANGE', key, from, string.char(unpack(bytes)))
  end
  fresh, newcomers = {}, {}
end

local function say(fields, name, value)
  if value == '' or value == '-' then return end
  fields[#fields + 1] = name
  fields[#fields + 1] = value
end

-- Adds to the fields what becomes of a subscriber's values, given them as they are (JSON, or nil);
-- answers which of the attributes given change. A value that was set when its attribute was of another
-- kind has not the marks of this one, and so changes too.
local function merge(old, given, fields, gone, number)
  local values, different = old and cjson.decode(old) or {}, {}
  for _, one in ipairs(given) do
    local name, value = one[1], one[2]
    if value == '-' then value = nil end
    local marked = not value or not number
      or call('GETBIT', bits .. 'attribute:' .. one[3][1], number) == 1
    if values[name] ~= value or not marked then
      values[name] = value
      different[#different + 1] = one
    end
  end
  if #different > 0 and next(values) then
    fields[#fields + 1] = SUBSCRIBER.attributes
    fields[#fields + 1] = cjson.encode(values)
  elseif #different > 0 then
    gone[#gone + 1] = SUBSCRIBER.attributes
  end
  return different
end

local function add(row)
  last = last + 1
  added = added + 1
  if dry then return 0 end
  local language = row[3] ~= '' and row[3] or options.language
  local chosen = row[4] ~= '' and row[4] or options.topics
  local fields = {SUBSCRIBER.address, row[2], SUBSCRIBER.language, language,
                  SUBSCRIBER.topics, chosen, SUBSCRIBER.status, options.first,
                  SUBSCRIBER.added, options.now, SUBSCRIBER.source, options.source}
  say(fields, SUBSCRIBER.tags, row[5])
  say(fields, SUBSCRIBER.name, row[6])
  local values = #row[8] > 0 and merge(nil, row[8], fields, {}) or {}
  call('HSET', by_address, row[1], last)
  call('HSET', subscribers .. last, unpack(fields))
  mark('status', options.first, last)
  mark('language', language, last)
  mark_words('topic', chosen, last)
  if row[5] ~= '-' then mark_words('tag', row[5], last) end
  for _, one in ipairs(values) do
    for _, value_mark in ipairs(one[3]) do mark('attribute', value_mark, last) end
  end
  newcomers[#newcomers + 1] = last
  return last
end

-- One entry a field that may change: its name, its kind of bitmap if any, its place in the row,
-- and what events call it.
local CHANGEABLE = {{SUBSCRIBER.language, 'language', 3, 'language'},
                    {SUBSCRIBER.topics, 'topic', 4, 'topics'},
                    {SUBSCRIBER.tags, 'tag', 5, 'tags'},
                    {SUBSCRIBER.name, false, 6, 'name'}}

-- Whom the secretariat puts back is theirs from now on: no directory takes that reader off again.
local function forget_directory(key, number)
  local name = call('HGET', key, SUBSCRIBER.directory)
  if not name then return end
  call('SETBIT', bits .. 'directory:' .. name, number, 0)
  call('HDEL', key, SUBSCRIBER.directory, SUBSCRIBER.directory_said)
end

local function update(row, number, status, to)
  local key = subscribers .. number
  local old = call('HMGET', key, SUBSCRIBER.language, SUBSCRIBER.topics, SUBSCRIBER.tags,
                   SUBSCRIBER.name, SUBSCRIBER.attributes, SUBSCRIBER.waiting)
  -- Whoever asked only for what the secretariat decides on has no topic before confirming.
  if status == 'pending' and (old[2] or '') == '' and row[4] == '' then row[4] = options.topics end
  local fields, gone = {}, {}
  for place, field in ipairs(CHANGEABLE) do
    local before, after = old[place] or '', row[field[3]]
    if after == '' then after = before elseif after == '-' then after = '' end
    if after ~= before then
      changed[#changed + 1] = field[4]
      if after == '' then
        gone[#gone + 1] = field[1]
      else
        fields[#fields + 1] = field[1]
        fields[#fields + 1] = after
      end
      if field[2] and not dry then
        set_words(field[2], before, number, 0)
        set_words(field[2], after, number, 1)
      end
    end
  end
  local values = #row[8] > 0 and merge(old[5], row[8], fields, gone, number) or {}
  if #values > 0 then changed[#changed + 1] = 'attributes' end
  if not dry then
    for _, one in ipairs(values) do
      clear_marks(number, one[1])
      if one[2] ~= '-' then set_marks(number, one[3]) end
    end
  end
  if to ~= status then
    changed[#changed + 1] = 'status'
    for _, part in ipairs({SUBSCRIBER.status, to, SUBSCRIBER.changed, options.now}) do
      fields[#fields + 1] = part
    end
    if not dry then
      forget_directory(key, number)
      set_bit('status', status, number, 0)
      set_bit('status', to, number, 1)
    end
  end
  if #fields + #gone == 0 then
    unchanged = unchanged + 1
    return
  end
  updated = updated + 1
  if dry then return end
  if #fields > 0 then call('HSET', key, unpack(fields)) end
  if #gone > 0 then call('HDEL', key, unpack(gone)) end
  if old[6] then tidy_waiting(waiting, topics, key, number) end
end

local function refuse(place, why, since)
  refused[#refused + 1] = place
  refused[#refused + 1] = why
  refused[#refused + 1] = since or ''
end

local function put(place, row)
  local number = call('HGET', by_address, row[1])
  if place == 1 then first_number = tonumber(number or '0') end
  local record = any_suppressed and call('HGET', suppressions, row[7])
  if record then return refuse(place, 'suppressed', record) end
  if not number then
    number = add(row)
    if place == 1 then first_number = number end
    return
  end
  local known = call('HMGET', subscribers .. number, SUBSCRIBER.status, SUBSCRIBER.changed, SUBSCRIBER.added)
  local to = options.ways[known[1]]
  if not to then return refuse(place, known[1], known[2] or known[3]) end
  if tonumber(number) > first_free then write_fresh() end
  update(row, number, known[1], to)
end

for place, row in ipairs(rows) do put(place, row) end
write_fresh()

if not dry and added + updated > 0 then
  if last > first_free then call('SET', last_number, last) end
  local counts = {added = added, updated = updated, unchanged = unchanged,
                  refused = options.refused + #refused / 3,
                  subscriber = first_number, fields = table.concat(changed, ' ')}
  local chosen = options.event or (added > 0 and options.added or options.updated)
  local event = chosen[1]
  for _, name in ipairs(chosen[2]) do
    event[#event + 1] = name
    event[#event + 1] = counts[name]
  end
  call('XADD', events, '*', unpack(event))
end
return {added, updated, unchanged, refused, first_number}
