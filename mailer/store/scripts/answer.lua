-- Writes down a reader's answer to an invitation, with count and event, unless a newer one is known.
-- keys: answers, tally, events
-- args: field, answer_json, occurrence, event_json
--   field: SUBSCRIBER OCCURRENCE
-- answers: `new`, `changed`, `same` or `older`
-- fields: answer
local call = redis.call
local answer = cjson.decode(answer_json)
local old = call('HGET', answers, field)

local function is_older(one, other)
  if one[ANSWER.sequence] ~= other[ANSWER.sequence] then
    return one[ANSWER.sequence] < other[ANSWER.sequence]
  end
  return one[ANSWER.stamp] < other[ANSWER.stamp]
end

local function add(one, count)
  local counted = occurrence .. ' ' .. one[ANSWER.attendance] .. ' ' .. one[ANSWER.language]
  call('HINCRBY', tally, counted, count)
end

local verdict = 'new'
if old then
  old = cjson.decode(old)
  if is_older(answer, old) then return 'older' end
  verdict = old[ANSWER.attendance] == answer[ANSWER.attendance] and 'same' or 'changed'
end
call('HSET', answers, field, answer_json)
if old then add(old, -1) end
add(answer, 1)
if verdict ~= 'same' then call('XADD', events, '*', unpack(cjson.decode(event_json))) end
return verdict
