-- Grants permits to hand mail over: all limits that apply to a delivery must grant it.
-- A limit is a leaky bucket (GCRA): `full` is when it would be empty of debt, `slack` how far ahead
-- of that permits may be given, so that no window holds more than its count and a burst.
-- Who gets none now has a place in a queue of the campaign's own, at the limit's pace; permits are
-- only given at the time of asking, so that a campaign that is paused or cancelled takes none.
-- A campaign's own limit (`own`) is kept with its queues, and ends with them.
-- defines: open_throttle
local function open_throttle(shared, own, plan, now)
  local everywhere, by_domain, by_relay, none = {}, {}, {}, {}
  for _, limit in ipairs(plan.limits) do
    if limit.own then
      limit.full = tonumber(redis.call('HGET', own, 'full ' .. limit.id) or '0')
    else
      limit.full = tonumber(redis.call('HGET', shared, limit.id) or '0')
    end
    limit.tail = tonumber(redis.call('HGET', own, limit.id) or '0')
    local group = everywhere
    if limit.relay ~= '' then
      by_relay[limit.relay] = by_relay[limit.relay] or {}
      group = by_relay[limit.relay]
    elseif limit.domain ~= '' then
      by_domain[limit.domain] = by_domain[limit.domain] or {}
      group = by_domain[limit.domain]
    end
    group[#group + 1] = limit
  end
  local throttle = {}

  local function free_at(limit, first_come)
    local at = limit.full - limit.slack
    if first_come and limit.domain ~= '' and limit.tail > at then return limit.tail end
    return at
  end

  local function latest(limits, first_come)
    local at, why = now, nil
    for _, limit in ipairs(limits) do
      local free = free_at(limit, first_come)
      if free > at then at, why = free, limit end
    end
    return at, why
  end

  local function charge(limits)
    for _, limit in ipairs(limits) do
      limit.full = math.max(limit.full, now) + limit.interval
      limit.changed = true
    end
  end

  -- Chooses a relay: one whose limits grant it, or any without limits ('').
  local function choose(domain, first_come)
    local free, at, why, paced = {}, math.huge, nil, true
    for _, relay in ipairs(plan.relays) do
      local mine = {}
      for _, limit in ipairs(by_relay[relay] or none) do
        if limit.domain == '' or limit.domain == domain then mine[#mine + 1] = limit end
      end
      local free_then, limit = latest(mine, first_come)
      if #mine == 0 then
        free[#free + 1] = relay
      elseif not limit then
        return relay, mine
      else
        if free_then < at then at, why = free_then, limit end
        if limit.domain ~= '' then paced = false end
      end
    end
    if #free == #plan.relays then return '', none end
    if #free > 0 then return free[1], none end
    return nil, none, at, why, paced
  end

  local function stop(limit, at)
    redis.call('HSET', own, 'paced ' .. limit.id, math.ceil(at))
    return 'stop', at
  end

  -- Asks for one permit. Returns 'go' and the relay; 'wait', until when, and the limit; or 'stop'
  -- and until when, if nothing at all may go before that. Who waited already may pass the queue.
  function throttle.ask(domain, waited)
    local at, why = latest(everywhere)
    if why then return stop(why, at) end
    local theirs = by_domain[domain] or none
    at, why = latest(theirs, not waited)
    local relay, also, then_at, then_why, paced = choose(domain, not waited)
    if not relay then
      if not why and paced then return stop(then_why, then_at) end
      if then_at > at then at, why = then_at, then_why end
    end
    if not why then
      charge(everywhere) charge(theirs) charge(also)
      return 'go', relay
    end
    if why.tail > at then at = why.tail end
    for _, limit in ipairs(theirs) do
      limit.tail = math.max(limit.tail, at + limit.interval)
      limit.changed = true
    end
    why.tail = math.max(why.tail, at + why.interval)
    why.changed = true
    return 'wait', math.ceil(at), why
  end

  -- Tells whether a delivery waits for a limit, by the bitmaps under that prefix.
  function throttle.waits(prefix, n)
    for _, limit in ipairs(plan.limits) do
      if redis.call('GETBIT', prefix .. limit.id, n) == 1 then return true end
    end
    return false
  end

  function throttle.forget(prefix, n)
    for _, limit in ipairs(plan.limits) do
      if not limit.own then redis.call('SETBIT', prefix .. limit.id, n, 0) end
    end
  end

  function throttle.save()
    for _, limit in ipairs(plan.limits) do
      if limit.changed and limit.own then
        redis.call('HSET', own, 'full ' .. limit.id, string.format('%.3f', limit.full))
      elseif limit.changed then
        redis.call('HSET', shared, limit.id, string.format('%.3f', limit.full))
        redis.call('HSET', own, limit.id, string.format('%.3f', limit.tail))
      end
    end
  end

  return throttle
end
