-- Marks the day (UTC, since 1970) on which a subscriber was first known, in a bitmap for each of its
-- binary digits. `joined_digits(now)` lists the digits that are 1 on the day of an instant (Unix
-- seconds); `clear_joined(bits, number)` forgets a subscriber's day (bits: prefix of bitmaps).
-- defines: joined_digits, clear_joined
local JOINED_DIGITS = 16
local function joined_digits(now)
  local day, found = math.floor(now / 86400), {}
  for digit = 0, JOINED_DIGITS - 1 do
    if bit.band(bit.rshift(day, digit), 1) == 1 then found[#found + 1] = digit end
  end
  return found
end
local function clear_joined(bits, number)
  for digit = 0, JOINED_DIGITS - 1 do
    local key = bits .. 'joined:' .. digit
    if redis.call('GETBIT', key, number) == 1 then redis.call('SETBIT', key, number, 0) end
  end
end
