-- Adds or updates a batch of subscribers for whom the secretariat vouches, with the event.
--
-- KEYS  1 by-address  2 last number  3 suppression  4 events  5 statuses  6 languages  7 topics
--       8 tags
-- ARGV  1 prefix of subscribers  2 prefix of bitmaps  3 options (JSON)  4 rows (JSON)
--       options: ways {status: the one that follows}, first (status of who is new), language and
--         topics (of who is new and has none), source, now (Unix seconds), dry (change nothing),
--         refused (lines refused before), and the events, as lists to which fields are added here:
--         event {for all rows, fields}, or for a single row added {..} and updated {..}
--       a row: {key, address, language, topics, tags, name, suppression hash}; topics and tags are
--         words in order, parted by spaces; an empty text means "not said": as it is, or default;
--         tags or a name of "-" mean that there are none
-- Answers {added, updated, unchanged, refused: {row, "suppressed" or status, its record or since,
-- and so on}, number of the first row's subscriber or 0}.
local by_address, last_number, suppression, events = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local registers = {status = KEYS[5], language = KEYS[6], topic = KEYS[7], tag = KEYS[8]}
local subscriber_prefix, bits_prefix = ARGV[1], ARGV[2]
local options, rows = cjson.decode(ARGV[3]), cjson.decode(ARGV[4])
local call = redis.call
local dry = options.dry
local last = tonumber(call('GET', last_number) or '0')
local first_free = last
local added, updated, unchanged = 0, 0, 0
local refused, changed = {}, {}
local first_number = 0
local any_suppressed = call('HLEN', suppression) > 0
local fresh = {}  -- bitmap -> numbers added in this batch

local function set_bit(kind, value, number, bit)
  if bit == 1 then call('SADD', registers[kind], value) end
  call('SETBIT', bits_prefix .. kind .. ':' .. value, number, bit)
end

local function set_words(kind, words, number, bit)
  for word in string.gmatch(words, '%S+') do set_bit(kind, word, number, bit) end
end

-- New numbers lie side by side: their bits are collected, and written as bytes by `write_fresh`.
local function mark(kind, value, number)
  local key = bits_prefix .. kind .. ':' .. value
  if not fresh[key] then
    fresh[key] = {}
    call('SADD', registers[kind], value)
  end
  table.insert(fresh[key], number)
end

local function mark_words(kind, words, number)
  for word in string.gmatch(words, '%S+') do mark(kind, word, number) end
end

local function write_fresh()
  local from, to = math.floor(first_free / 8), math.floor(last / 8)
  for key, numbers in pairs(fresh) do
    local old, bytes = call('GETRANGE', key, from, to), {}
    for place = 1, to - from + 1 do bytes[place] = string.byte(old, place) or 0 end
    for _, number in ipairs(numbers) do
      local place = math.floor(number / 8) - from + 1
      bytes[place] = bit.bor(bytes[place], bit.rshift(128, number % 8))
    end
    call('SETRANGE', key, from, string.char(unpack(bytes)))
  end
  fresh = {}
end

local function add(row)
  last = last + 1
  added = added + 1
  if dry then return 0 end
  local language = row[3] ~= '' and row[3] or options.language
  local topics = row[4] ~= '' and row[4] or options.topics
  local fields = {'a', row[2], 'l', language, 't', topics, 's', options.first,
                  'i', options.now, 'o', options.source}
  if row[5] ~= '' and row[5] ~= '-' then fields[#fields + 1] = 'g'; fields[#fields + 1] = row[5] end
  if row[6] ~= '' and row[6] ~= '-' then fields[#fields + 1] = 'n'; fields[#fields + 1] = row[6] end
  call('HSET', by_address, row[1], last)
  call('HSET', subscriber_prefix .. last, unpack(fields))
  mark('status', options.first, last)
  mark('language', language, last)
  mark_words('topic', topics, last)
  if row[5] ~= '-' then mark_words('tag', row[5], last) end
  return last
end

-- One entry a field that may change: its name, its kind of bitmap if any, its place in the row,
-- and what events call it.
local CHANGEABLE = {{'l', 'language', 3, 'language'}, {'t', 'topic', 4, 'topics'},
                    {'g', 'tag', 5, 'tags'}, {'n', false, 6, 'name'}}

local function update(row, number, status, to)
  local key = subscriber_prefix .. number
  local old = call('HMGET', key, 'l', 't', 'g', 'n')
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
  if to ~= status then
    changed[#changed + 1] = 'status'
    for _, part in ipairs({'s', to, 'd', options.now}) do fields[#fields + 1] = part end
    if not dry then
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
end

local function refuse(place, why, since)
  refused[#refused + 1] = place
  refused[#refused + 1] = why
  refused[#refused + 1] = since or ''
end

local function put(place, row)
  local number = call('HGET', by_address, row[1])
  if place == 1 then first_number = tonumber(number or '0') end
  local record = any_suppressed and call('HGET', suppression, row[7])
  if record then return refuse(place, 'suppressed', record) end
  if not number then
    number = add(row)
    if place == 1 then first_number = number end
    return
  end
  local known = call('HMGET', subscriber_prefix .. number, 's', 'd', 'i')
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
