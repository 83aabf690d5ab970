-- Counts a campaign's ledger at one instant (law 2). What is outstanding is counted, not derived.
-- KEYS: campaign, audience, accepted, rejected, skipped, unknown, deferred, claimed, resend, resent,
--       scratch, scratch of scratch, bounced, complained
-- ARGV: prefix of the bitmaps by language, then the languages; '|'; prefix by skip reason, the reasons
-- Returns a flat list of names and numbers; by language: language:L:outcome; by reason: skip:R.
local names = {planned = 2, accepted = 3, rejected = 4, skipped = 5, unknown = 6, resend = 9, resent = 10}
local answer = {}
local function add(name, value)
  answer[#answer + 1] = name
  answer[#answer + 1] = value
end
for name, key in pairs(names) do add(name, redis.call('BITCOUNT', KEYS[key])) end
local function both(a, b)
  redis.call('BITOP', 'AND', KEYS[11], a, b)
  return redis.call('BITCOUNT', KEYS[11])
end
add('deferred', redis.call('BITCOUNT', KEYS[7]) - both(KEYS[7], KEYS[6]))
redis.call('BITOP', 'OR', KEYS[12], KEYS[3], KEYS[4], KEYS[5], KEYS[6])
local ended = both(KEYS[2], KEYS[12])
redis.call('BITOP', 'XOR', KEYS[12], KEYS[2], KEYS[11])
add('outstanding', redis.call('BITCOUNT', KEYS[12]))
add('in_flight', both(KEYS[12], KEYS[8]))
add('bounced', both(KEYS[3], KEYS[13]))
add('complained', both(KEYS[3], KEYS[14]))
local i = 2
while ARGV[i] ~= '|' do
  local bits = ARGV[1] .. ARGV[i]
  add('language:' .. ARGV[i] .. ':planned', redis.call('BITCOUNT', bits))
  for name, key in pairs(names) do
    if key > 2 and key < 7 then add('language:' .. ARGV[i] .. ':' .. name, both(bits, KEYS[key])) end
  end
  i = i + 1
end
for j = i + 2, #ARGV do add('skip:' .. ARGV[j], redis.call('BITCOUNT', ARGV[i + 1] .. ARGV[j])) end
redis.call('DEL', KEYS[11], KEYS[12])
local campaign = redis.call('HMGET', KEYS[1], 'state', 'planned')
add('state', campaign[1] or '')
add('planned_at_start', tonumber(campaign[2] or '0'))
return answer
