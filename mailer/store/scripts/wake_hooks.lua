-- Has workers look at the endpoints that want some of the newest events, and takes note for the idle
-- others that there was nothing for them.
-- keys: due, woken
-- args: prefix, before, after, now, wanting_json, others_json
--   prefix: of the endpoints' hashes; before, after: the newest events lie after one and up to the other
-- answers: 1; or 0 if others were quicker
local call = redis.call
if (call('GET', woken) or '0-0') ~= before then return 0 end

local function is_before(one, other)
  local ms, n = string.match(one, '^(%d+)-(%d+)$')
  local other_ms, other_n = string.match(other, '^(%d+)-(%d+)$')
  if ms == other_ms then return tonumber(n) < tonumber(other_n) end
  return tonumber(ms) < tonumber(other_ms)
end

local function idle(endpoint) return call('ZSCORE', due, endpoint) == 'inf' end

for _, endpoint in ipairs(cjson.decode(wanting_json)) do
  if idle(endpoint) then call('ZADD', due, now, endpoint) end
end
for _, endpoint in ipairs(cjson.decode(others_json)) do
  local position = call('HGET', prefix .. endpoint, 'position')
  if position and idle(endpoint) and not is_before(position, before) and is_before(position, after) then
    call('HSET', prefix .. endpoint, 'position', after)
  end
end
call('SET', woken, after)
return 1
