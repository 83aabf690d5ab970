-- Keeps which readers wait for the secretariat's yes to a topic, and since when: in the subscriber's
-- hash, and in a sorted set for each topic.
-- `words_in(text)` returns word -> true. `read_since(text)` reads topic -> Unix seconds from a field of
-- the hash, and `write_since(key, field, found)` writes it.
-- `set_waiting(lists, register, key, number, wanted, now)` makes those that a subscriber waits for the
-- ones of `wanted` (topic -> true), and returns in order those that are new; lists is the prefix of the
-- sorted sets, register the set of all topics, key the subscriber's.
-- `tidy_waiting(lists, register, key, number)` ends the waiting for what the subscriber has by now, and
-- all of it in a status without mail.
-- defines: words_in, read_since, write_since, set_waiting, tidy_waiting
-- fields: subscriber
local function words_in(text)
  local found = {}
  for word in string.gmatch(text or '', '%S+') do found[word] = true end
  return found
end

local function read_since(text)
  local found = {}
  for topic, at in string.gmatch(text or '', '(%S+):(%d+)') do found[topic] = tonumber(at) end
  return found
end

local function write_since(key, field, found)
  local words = {}
  for topic, at in pairs(found) do words[#words + 1] = topic .. ':' .. string.format('%d', at) end
  table.sort(words)
  if #words == 0 then
    redis.call('HDEL', key, field)
  else
    redis.call('HSET', key, field, table.concat(words, ' '))
  end
end

local function set_waiting(lists, register, key, number, wanted, now)
  local before = read_since(redis.call('HGET', key, SUBSCRIBER.waiting))
  local after, new = {}, {}
  for topic in pairs(before) do
    if not wanted[topic] then redis.call('ZREM', lists .. topic, number) end
  end
  for topic in pairs(wanted) do
    after[topic] = before[topic] or now
    if not before[topic] then
      redis.call('ZADD', lists .. topic, now, number)
      redis.call('SADD', register, topic)
      new[#new + 1] = topic
    end
  end
  if next(before) or next(after) then write_since(key, SUBSCRIBER.waiting, after) end
  table.sort(new)
  return new
end

local function tidy_waiting(lists, register, key, number)
  local found = redis.call('HMGET', key, SUBSCRIBER.waiting, SUBSCRIBER.status, SUBSCRIBER.topics)
  if not found[1] then return end
  local waits, has = read_since(found[1]), words_in(found[3])
  local keeps = found[2] == 'active' or found[2] == 'suspended'
  for topic in pairs(waits) do
    if has[topic] or not keeps then waits[topic] = nil end
  end
  set_waiting(lists, register, key, number, waits, 0)
end
