-- Counts a stretch of a campaign's deliveries by recipient domain, and refusals by what was said.
-- keys: audience, accepted, rejected, skipped, unknown, bounced, complained, left, details, bounces
-- args: first, last, subscribers
--   first, last: octets of the bitmaps
--   subscribers: prefix of their keys
-- answers: JSON: {domains: domain -> {planned, accepted, rejected, skipped, unknown, bounced,
--   complained, left}, refused: `SEVERITY REASON CLASS` -> count (CLASS: first digit of the reply's
--   code, 0: there was none), returned: `SEVERITY REASON` -> count}; domain '': erased since
-- fields: subscriber
local names = {audience, accepted, rejected, skipped, unknown, bounced, complained, left}
local parts = {}
for place, name in ipairs(names) do parts[place] = redis.call('GETRANGE', name, first, last) end
local domains, refused, returned = {}, {}, {}
local function count_as(counts, key) counts[key] = (counts[key] or 0) + 1 end
local function said(hash, n, class)
  local text = redis.call('HGET', hash, n)
  local one = text and cjson.decode(text) or {}
  local severity, reason = one.severity or 'undetermined', one.reason or 'undetermined'
  if not class then return severity .. ' ' .. reason end
  local code = tonumber(one.code) or 0
  if code == 0 then reason = 'network' end
  return severity .. ' ' .. reason .. ' ' .. math.floor(code / 100)
end
local bytes = {0, 0, 0, 0, 0, 0, 0, 0}
for octet = 1, #parts[1] do
  local planned = string.byte(parts[1], octet)
  for name = 1, planned > 0 and 8 or 0 do bytes[name] = string.byte(parts[name], octet) or 0 end
  for place = 0, planned > 0 and 7 or -1 do
    local mask = bit.rshift(128, place)
    if bit.band(planned, mask) ~= 0 then
      local n = (tonumber(first) + octet - 1) * 8 + place
      local address = redis.call('HGET', subscribers .. n, SUBSCRIBER.address) or ''
      local domain = string.lower(string.match(address, '@([^@]*)$') or '')
      local counts = domains[domain]
      if not counts then
        counts = {0, 0, 0, 0, 0, 0, 0, 0}
        domains[domain] = counts
      end
      for name = 1, 8 do
        if bytes[name] > 0 and bit.band(bytes[name], mask) ~= 0 then counts[name] = counts[name] + 1 end
      end
      if bit.band(bytes[3], mask) ~= 0 then count_as(refused, said(details, n, true)) end
      if bit.band(bytes[6], mask) ~= 0 then count_as(returned, said(bounces, n)) end
    end
  end
end
return cjson.encode({domains = domains, refused = refused, returned = returned})
