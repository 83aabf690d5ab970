-- Freezes a campaign's audience: who is active, concerned, and not suppressed.
-- keys: campaign, audience, active, suppressed, scratch
-- args: language_bits, default_language, concerned, languages_json
--   language_bits: prefix of the campaign's bitmaps by language
--   default_language: in which readers get it whose own nobody foresaw
--   concerned: the octets of a bitmap: whom it concerns
--   languages_json: pairs: bitmap of a reader's language, the language in which those readers get it
-- answers: the number of deliveries, or -1 if the campaign was started already
local state = redis.call('HGET', campaign, 'state')
if state ~= 'draft' and state ~= 'scheduled' and state ~= 'held' then
  return -1
end
redis.call('SET', audience, concerned)
redis.call('BITOP', 'AND', audience, audience, active)
redis.call('BITOP', 'AND', scratch, audience, suppressed)
redis.call('BITOP', 'XOR', audience, audience, scratch)
redis.call('DEL', scratch)
local seen = {}
local function begin(language)
  local bits = language_bits .. language
  if not seen[bits] then redis.call('DEL', bits) seen[bits] = true end
  return bits
end
for _, pair in ipairs(cjson.decode(languages_json)) do
  local bits = begin(pair[2])
  redis.call('BITOP', 'OR', bits, bits, pair[1])
end
-- Law 1: each delivery has one language. Readers of a language nobody foresaw get the default.
local default = begin(default_language)
for bits in pairs(seen) do
  redis.call('BITOP', 'AND', bits, bits, audience)
  redis.call('BITOP', 'OR', scratch, scratch, bits)
end
redis.call('BITOP', 'XOR', scratch, scratch, audience)
redis.call('BITOP', 'OR', default, default, scratch)
redis.call('DEL', scratch)
return redis.call('BITCOUNT', audience)
