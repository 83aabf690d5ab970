-- Writes down a reader's answer to an invitation, with count and event, unless a newer one is known.
--
-- KEYS  1 answers  2 tally  3 events
-- ARGV  1 field (SUBSCRIBER OCCURRENCE)  2 the answer (JSON: a answer, l language, q sequence,
--         t stamp, and others)  3 occurrence  4 event (JSON list)
-- Answers `new`, `changed`, `same` or `older`.
local call = redis.call
local answer = cjson.decode(ARGV[2])
local old = call('HGET', KEYS[1], ARGV[1])
local verdict = 'new'
if old then
  old = cjson.decode(old)
  if answer.q < old.q or (answer.q == old.q and answer.t < old.t) then return 'older' end
  verdict = old.a == answer.a and 'same' or 'changed'
end
call('HSET', KEYS[1], ARGV[1], ARGV[2])
if old then call('HINCRBY', KEYS[2], ARGV[3] .. ' ' .. old.a .. ' ' .. old.l, -1) end
call('HINCRBY', KEYS[2], ARGV[3] .. ' ' .. answer.a .. ' ' .. answer.l, 1)
if verdict ~= 'same' then call('XADD', KEYS[3], '*', unpack(cjson.decode(ARGV[4]))) end
return verdict
