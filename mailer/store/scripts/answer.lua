-- Writes down a reader's answer to an invitation, with count and event, unless a newer one is known.
-- keys: answers, tally, times, events
-- args: subscriber, occurrence, answer_json, answered, event_json
--   answered: prefix of the bitmaps of who answered so, about any occurrence
-- answers: `new`, `changed`, `same` or `older`
-- fields: answer
local call = redis.call
local field = subscriber .. ' ' .. occurrence
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

local function mark(one, count)
  local so = one[ANSWER.attendance]
  local left = call('HINCRBY', times, subscriber .. ' ' .. so, count)
  if left < 1 then call('HDEL', times, subscriber .. ' ' .. so) end
  call('SETBIT', answered .. so, subscriber, left > 0 and 1 or 0)
end

local verdict = 'new'
if old then
  old = cjson.decode(old)
  if is_older(answer, old) then return 'older' end
  verdict = old[ANSWER.attendance] == answer[ANSWER.attendance] and 'same' or 'changed'
end
call('HSET', answers, field, answer_json)
if old then
  add(old, -1)
  mark(old, -1)
end
add(answer, 1)
mark(answer, 1)
if verdict ~= 'same' then call('XADD', events, '*', unpack(cjson.decode(event_json))) end
return verdict
