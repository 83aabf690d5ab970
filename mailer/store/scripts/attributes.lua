-- Marks the values of subscribers' attributes in bitmaps; see `mailer.domain.subscribers.attributes`.
-- `open_attributes(register, bits)` takes the set of marks and the prefix of bitmaps, and returns two
-- functions: clear(number, name) takes away the marks of an attribute, all of them if the name is
-- nil; set(number, marks) sets some.
-- defines: open_attributes
local function open_attributes(register, bits)
  local known
  local function is_of(mark, name)
    local after = string.sub(mark, #name + 1, #name + 1)
    return string.sub(mark, 1, #name) == name and (after == '=' or after == '#')
  end
  local function clear(number, name)
    known = known or redis.call('SMEMBERS', register)
    for _, mark in ipairs(known) do
      local key = bits .. 'attribute:' .. mark
      if (not name or is_of(mark, name)) and redis.call('GETBIT', key, number) == 1 then
        redis.call('SETBIT', key, number, 0)
      end
    end
  end
  local function set(number, marks)
    for _, mark in ipairs(marks) do
      if redis.call('SADD', register, mark) == 1 then known = nil end
      redis.call('SETBIT', bits .. 'attribute:' .. mark, number, 1)
    end
  end
  return clear, set
end
