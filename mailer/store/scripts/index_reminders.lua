-- Writes down when the reminders of one entry go out, in the place of what was written before.
-- What came due and was not yet dealt with stays due, with the new sequence; what came due and was
-- dealt with, which is no longer in the index, does not come back.
-- keys: due
-- args: entry, instant, sequence, rows_json
--   entry: its id; instant: now (Unix seconds)
--   rows_json: {"OCCURRENCE OFFSET", instant (Unix seconds)}
-- answers: nothing
local call, now = redis.call, tonumber(instant)
local open = {}
local cursor = '0'
repeat
  local found = call('ZSCAN', due, cursor, 'MATCH', entry .. ' *', 'COUNT', 1000)
  cursor = found[1]
  for at = 1, #found[2], 2 do open[found[2][at]] = true end
until cursor == '0'
local pending = {}
for member in pairs(open) do
  pending[string.match(member, '^%S+ (.*) %d+$')] = true
  call('ZREM', due, member)
end
for _, row in ipairs(cjson.decode(rows_json)) do
  if row[2] > now or pending[row[1]] then
    call('ZADD', due, row[2], entry .. ' ' .. row[1] .. ' ' .. sequence)
  end
end
