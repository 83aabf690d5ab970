-- Tells when a chunk that is at rest is to be looked at again (Unix ms), or nil: for its next deferred
-- delivery, or because the worker that awaits late answers has been silent.
-- defines: next_look
local function next_look(retries, awaited, first, last)
  local at
  local due = redis.call('ZRANGE', retries, 0, 0, 'WITHSCORES')
  if #due > 0 then at = tonumber(due[2]) end
  local late = redis.call('ZRANGE', awaited, 0, -1, 'WITHSCORES')
  for i = 1, #late, 2 do
    local n, ends = tonumber(late[i]), tonumber(late[i + 1])
    if n >= first and n < last and (not at or ends < at) then at = ends end
  end
  return at
end
