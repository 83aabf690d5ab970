-- Adds what a report says to the sums of its day, unless it was added before.
-- keys: seen, sums
-- args: seen_seconds, sums_seconds, most, rows_json
--   seen_seconds: how long it is known that the report was added
--   sums_seconds: how long the sums of the day are still kept
--   most: sources that are kept apart; others count as one
--   rows_json: list of {domain, source, {what = number}}
-- answers: 1; 0, with nothing changed, if it was added before
local call = redis.call
if not call('SET', seen, '1', 'NX', 'EX', seen_seconds) then return 0 end
local count = tonumber(call('HGET', sums, 'sources') or '0')
for _, row in ipairs(cjson.decode(rows_json)) do
  local domain, source = row[1], row[2]
  if call('HEXISTS', sums, domain .. ' all ' .. source) == 0 then
    if count >= tonumber(most) then
      domain, source = '*', 'other'
    else
      count = count + 1
    end
  end
  for what, number in pairs(row[3]) do
    call('HINCRBY', sums, domain .. ' ' .. what .. ' ' .. source, number)
  end
end
call('HSET', sums, 'sources', count)
call('EXPIRE', sums, sums_seconds)
return 1
