-- Freezes a campaign's audience: who is active, subscribed to its topic, and not suppressed.
-- KEYS: campaign, audience, active, topic, suppressed, scratch
-- ARGV: prefix of the campaign's bitmaps by language, default delivery language,
--       number of tag bitmaps, the tag bitmaps,
--       then pairs: bitmap of a reader's language, the language in which those readers get it
-- Returns the number of deliveries, or -1 if the campaign was started already.
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'draft' and state ~= 'scheduled' and state ~= 'held' then
  return -1
end
redis.call('BITOP', 'AND', KEYS[2], KEYS[3], KEYS[4])
local tags = tonumber(ARGV[3])
if tags > 0 then
  redis.call('BITOP', 'OR', KEYS[6], unpack(ARGV, 4, 3 + tags))
  redis.call('BITOP', 'AND', KEYS[2], KEYS[2], KEYS[6])
end
redis.call('BITOP', 'AND', KEYS[6], KEYS[2], KEYS[5])
redis.call('BITOP', 'XOR', KEYS[2], KEYS[2], KEYS[6])
redis.call('DEL', KEYS[6])
local seen = {}
for i = 4 + tags, #ARGV, 2 do
  local bits = ARGV[1] .. ARGV[i + 1]
  if not seen[bits] then redis.call('DEL', bits) seen[bits] = true end
  redis.call('BITOP', 'OR', bits, bits, ARGV[i])
end
-- Law 1: each delivery has one language. Readers of a language nobody foresaw get the default.
local default = ARGV[1] .. ARGV[2]
if not seen[default] then redis.call('DEL', default) seen[default] = true end
for bits in pairs(seen) do
  redis.call('BITOP', 'AND', bits, bits, KEYS[2])
  redis.call('BITOP', 'OR', KEYS[6], KEYS[6], bits)
end
redis.call('BITOP', 'XOR', KEYS[6], KEYS[6], KEYS[2])
redis.call('BITOP', 'OR', default, default, KEYS[6])
redis.call('DEL', KEYS[6])
return redis.call('BITCOUNT', KEYS[2])
