-- Reads many subscribers in one answer that a client takes apart quickly; changes nothing.
-- args: subscribers, numbers_json, wanted*
--   subscribers: prefix; wanted: names of fields
-- answers: a JSON list: for each number a list of its fields, false where there is none
local found = {}
for place, number in ipairs(cjson.decode(numbers_json)) do
  found[place] = redis.call('HMGET', subscribers .. number, unpack(wanted))
end
return cjson.encode(found)
