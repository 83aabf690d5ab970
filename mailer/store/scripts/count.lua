-- Counts a campaign's ledger at one instant (law 2). What is outstanding is counted, not derived.
-- keys: campaign, audience, accepted, rejected, skipped, unknown, deferred, claimed, resend, resent,
--       scratch, scratch2, bounced, complained
-- args: language_bits, languages_json, skipped_for, reasons_json
--   language_bits, skipped_for: prefixes of the bitmaps by language, and by skip reason
-- answers: a flat list of names and numbers; by language: language:L:outcome; by reason: skip:R
local outcomes = {accepted = accepted, rejected = rejected, skipped = skipped, unknown = unknown}
local answer = {}
local function add(name, value)
  answer[#answer + 1] = name
  answer[#answer + 1] = value
end
local function both(a, b)
  redis.call('BITOP', 'AND', scratch, a, b)
  return redis.call('BITCOUNT', scratch)
end
for name, bitmap in pairs(outcomes) do add(name, redis.call('BITCOUNT', bitmap)) end
add('planned', redis.call('BITCOUNT', audience))
add('resend', redis.call('BITCOUNT', resend))
add('resent', redis.call('BITCOUNT', resent))
add('deferred', redis.call('BITCOUNT', deferred) - both(deferred, unknown))
redis.call('BITOP', 'OR', scratch2, accepted, rejected, skipped, unknown)
redis.call('BITOP', 'AND', scratch, audience, scratch2)
redis.call('BITOP', 'XOR', scratch2, audience, scratch)
add('outstanding', redis.call('BITCOUNT', scratch2))
add('in_flight', both(scratch2, claimed))
add('bounced', both(accepted, bounced))
add('complained', both(accepted, complained))
for _, language in ipairs(cjson.decode(languages_json)) do
  local theirs = language_bits .. language
  add('language:' .. language .. ':planned', redis.call('BITCOUNT', theirs))
  for name, bitmap in pairs(outcomes) do
    add('language:' .. language .. ':' .. name, both(theirs, bitmap))
  end
end
for _, reason in ipairs(cjson.decode(reasons_json)) do
  add('skip:' .. reason, redis.call('BITCOUNT', skipped_for .. reason))
end
redis.call('DEL', scratch, scratch2)
local found = redis.call('HMGET', campaign, 'state', 'planned')
add('state', found[1] or '')
add('planned_at_start', tonumber(found[2] or '0'))
return answer
