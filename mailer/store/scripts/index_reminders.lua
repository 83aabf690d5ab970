-- Writes down when the reminders of one entry go out, in the place of what was written before.
--
-- What came due and was not yet dealt with stays due, with the new sequence; what came due and was
-- dealt with, which is no longer in the index, does not come back.
--
-- KEYS  1 reminders due
-- ARGV  1 the entry's id  2 now (Unix seconds)  3 its sequence
--       4 rows (JSON): {"OCCURRENCE OFFSET", instant (Unix seconds)}
local call, id, now = redis.call, ARGV[1], tonumber(ARGV[2])
local open = {}
local cursor = '0'
repeat
  local found = call('ZSCAN', KEYS[1], cursor, 'MATCH', id .. ' *', 'COUNT', 1000)
  cursor = found[1]
  for at = 1, #found[2], 2 do open[found[2][at]] = true end
until cursor == '0'
local pending = {}
for member in pairs(open) do
  pending[string.match(member, '^%S+ (.*) %d+$')] = true
  call('ZREM', KEYS[1], member)
end
for _, row in ipairs(cjson.decode(ARGV[4])) do
  if row[2] > now or pending[row[1]] then
    call('ZADD', KEYS[1], row[2], id .. ' ' .. row[1] .. ' ' .. ARGV[3])
  end
end
