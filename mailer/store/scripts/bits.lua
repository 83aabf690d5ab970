-- Reads a bitmap's bits about some numbers at once: one command in place of one a number.
-- The numbers are packed (big-endian u32). `bits_in` returns a function of a number that tells
-- whether its bit was set then. Where the numbers lie far apart it asks for each, rather than for all
-- between: for those of half a million numbers at most, many times a chunk.
-- defines: span_of, bits_in
local MOST_OCTETS = 65536
local function span_of(packed)
  local least, most
  for i = 1, #packed, 4 do
    local octet = math.floor(struct.unpack('>I4', packed, i) / 8)
    if not least or octet < least then least = octet end
    if not most or octet > most then most = octet end
  end
  return {least, most}
end
local function bits_in(key, span)
  local first, last = span[1], span[2]
  if not first or last - first >= MOST_OCTETS then
    return function(n) return redis.call('GETBIT', key, n) == 1 end
  end
  local octets = redis.call('GETRANGE', key, first, last)
  if not string.find(octets, '[^%z]') then
    return function() return false end
  end
  return function(n)
    local octet = string.byte(octets, math.floor(n / 8) - first + 1) or 0
    return bit.band(octet, bit.rshift(128, n % 8)) ~= 0
  end
end
