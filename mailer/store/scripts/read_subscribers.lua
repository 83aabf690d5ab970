-- Reads many subscribers in one answer that a client takes apart quickly; changes nothing.
--
-- ARGV  1 prefix of subscribers  2 numbers (JSON)  3 and on: names of fields
-- Answers a JSON list: for each number a list of its fields, false where there is none.
local found = {}
for place, number in ipairs(cjson.decode(ARGV[2])) do
  found[place] = redis.call('HMGET', ARGV[1] .. number, unpack(ARGV, 3))
end
return cjson.encode(found)
