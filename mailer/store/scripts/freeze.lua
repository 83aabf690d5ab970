-- Freezes a campaign's audience: who is active, concerned, and not suppressed.
-- KEYS: campaign, audience, active, suppressed, scratch, a second scratch
-- ARGV: prefix of the campaign's bitmaps by language, default delivery language,
--       groups of bitmaps, each begun by their number: one is concerned who is in one of each group;
--       0; how many other campaigns' readers are left out, and of each three bitmaps: its audience, and
--       whom it rejected and skipped, who are not left out;
--       then pairs: bitmap of a reader's language, the language in which those readers get it
-- Returns the number of deliveries, or -1 if the campaign was started already.
local state = redis.call('HGET', KEYS[1], 'state')
if state ~= 'draft' and state ~= 'scheduled' and state ~= 'held' then
  return -1
end
redis.call('BITOP', 'OR', KEYS[2], KEYS[3])
local at, size = 4, tonumber(ARGV[3])
while size > 0 do
  redis.call('BITOP', 'OR', KEYS[5], unpack(ARGV, at, at + size - 1))
  redis.call('BITOP', 'AND', KEYS[2], KEYS[2], KEYS[5])
  size, at = tonumber(ARGV[at + size]), at + size + 1
end
redis.call('BITOP', 'AND', KEYS[5], KEYS[2], KEYS[4])
redis.call('BITOP', 'XOR', KEYS[2], KEYS[2], KEYS[5])
local others = tonumber(ARGV[at])
at = at + 1
for _ = 1, others do
  redis.call('BITOP', 'OR', KEYS[6], ARGV[at + 1], ARGV[at + 2])
  redis.call('BITOP', 'AND', KEYS[6], KEYS[6], ARGV[at])
  redis.call('BITOP', 'XOR', KEYS[6], KEYS[6], ARGV[at])
  redis.call('BITOP', 'AND', KEYS[6], KEYS[6], KEYS[2])
  redis.call('BITOP', 'XOR', KEYS[2], KEYS[2], KEYS[6])
  at = at + 3
end
redis.call('DEL', KEYS[6])
redis.call('DEL', KEYS[5])
local seen = {}
for i = at, #ARGV, 2 do
  local bits = ARGV[1] .. ARGV[i + 1]
  if not seen[bits] then redis.call('DEL', bits) seen[bits] = true end
  redis.call('BITOP', 'OR', bits, bits, ARGV[i])
end
-- Law 1: each delivery has one language. Readers of a language nobody foresaw get the default.
local default = ARGV[1] .. ARGV[2]
if not seen[default] then redis.call('DEL', default) seen[default] = true end
for bits in pairs(seen) do
  redis.call('BITOP', 'AND', bits, bits, KEYS[2])
  redis.call('BITOP', 'OR', KEYS[5], KEYS[5], bits)
end
redis.call('BITOP', 'XOR', KEYS[5], KEYS[5], KEYS[2])
redis.call('BITOP', 'OR', default, default, KEYS[5])
redis.call('DEL', KEYS[5])
return redis.call('BITCOUNT', KEYS[2])
