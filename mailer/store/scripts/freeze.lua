-- Freezes a campaign's audience: who is active, concerned, and not suppressed.
-- keys: campaign, audience, active, suppressed, scratch, scratch_others
-- args: language_bits, default_language, groups_json, others_json, languages_json
--   language_bits: prefix of the campaign's bitmaps by language
--   default_language: in which readers get it whose own nobody foresaw
--   groups_json: lists of bitmaps: one is concerned who is in one of each list
--   others_json: of each campaign whose readers are left out three bitmaps: its audience, and whom
--     it rejected and skipped, who are not left out
--   languages_json: pairs: bitmap of a reader's language, the language in which those readers get it
-- answers: the number of deliveries, or -1 if the campaign was started already
local state = redis.call('HGET', campaign, 'state')
if state ~= 'draft' and state ~= 'scheduled' and state ~= 'held' then
  return -1
end
redis.call('BITOP', 'OR', audience, active)
for _, group in ipairs(cjson.decode(groups_json)) do
  redis.call('BITOP', 'OR', scratch, unpack(group))
  redis.call('BITOP', 'AND', audience, audience, scratch)
end
redis.call('BITOP', 'AND', scratch, audience, suppressed)
redis.call('BITOP', 'XOR', audience, audience, scratch)
for _, other in ipairs(cjson.decode(others_json)) do
  local theirs, rejected, skipped = unpack(other)
  redis.call('BITOP', 'OR', scratch_others, rejected, skipped)
  redis.call('BITOP', 'AND', scratch_others, scratch_others, theirs)
  redis.call('BITOP', 'XOR', scratch_others, scratch_others, theirs)
  redis.call('BITOP', 'AND', scratch_others, scratch_others, audience)
  redis.call('BITOP', 'XOR', audience, audience, scratch_others)
end
redis.call('DEL', scratch, scratch_others)
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
