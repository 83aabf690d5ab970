-- Lets bounces count for subscribers, as `mailer.domain.bounces.policy.after` says.
-- `open_bounces(k, o)` takes key names {subscriber (prefix), bits (prefix), events, statuses,
-- outbox_last, outbox (prefix), outbox_due, outbox_queued, alerted (prefix)} and options {now (Unix s),
-- at (the same for events), since (last day, since 1970, that counts no more), units {letter ->
-- units}, point (units that are shown as one), limit (units), ways {status -> status when suspended}},
-- and returns a function: count(number, fact), where fact is {letter ('' if it counts nothing), day,
-- sent (Unix s, 0: do not ask), reason, why (JSON), event, moved (lists where EFFECT, POINTS, FROM, TO
-- are filled in), notice (name of the mail to who is suspended, or ''), alert (false or {key, once (s),
-- name, language, mail (fields as a list, empty: none), event})}.
-- It answers the effect in a word; '' if there is no such subscriber.
-- defines: open_bounces
-- fields: subscriber, mail
local function open_bounces(k, o)
  local call = redis.call

  local function queue_mail(fields, number)
    local outbox = call('INCR', k.outbox_last)
    call('HSET', k.outbox .. outbox, MAIL.subscriber, number, 'state', 'queued', 'attempts', 0, 'at', o.now,
         'next', o.now, unpack(fields))
    -- Due at once: whoever sweeps the outbox next has it posted.
    call('ZADD', k.outbox_due, o.now, outbox)
    call('ZADD', k.outbox_queued, o.now, outbox)
    return outbox
  end

  local function tell(event, words)
    for place, part in ipairs(event) do
      if words[part] then event[place] = words[part] end
    end
    call('XADD', k.events, '*', unpack(event))
  end

  local function queue_told(fields, number, name, language)
    local outbox = queue_mail(fields, number)
    call('XADD', k.events, '*', 'type', 'service_mail.queued', 'at', o.at, 'outbox', outbox,
         'name', name, 'language', language, 'subscriber', number)
  end

  local function score(marks)
    local worst, total = {}, 0
    for day, letter in string.gmatch(marks, '(%d+)(%a)') do
      if tonumber(day) > o.since then worst[day] = math.max(worst[day] or 0, o.units[letter]) end
    end
    for _, units in pairs(worst) do total = total + units end
    return total
  end

  local function suspend(number, status, known, fact)
    local to = o.ways[status]
    call('HSET', k.subscriber .. number, SUBSCRIBER.status, to, SUBSCRIBER.changed, o.now)
    call('SETBIT', k.bits .. 'status:' .. status, number, 0)
    call('SADD', k.statuses, to)
    call('SETBIT', k.bits .. 'status:' .. to, number, 1)
    tell(fact.moved, {FROM = status, TO = to})
    if fact.notice ~= '' then
      local facts = cjson.encode({topics = known.topics, reads = known.language, reason = fact.reason})
      queue_told({'name', fact.notice, 'to', known.address, 'language', known.language, 'facts', facts},
                 number, fact.notice, known.language)
    end
  end

  local function alert(a)
    if not a then return end
    local last = tonumber(call('GET', k.alerted .. a.key) or '0')
    if last > 0 and o.now - last < a.once then return end
    call('SET', k.alerted .. a.key, o.now, 'EX', a.once)
    tell(a.event, {})
    if #a.mail > 0 then queue_told(a.mail, 0, a.name, a.language) end
  end

  return function(number, fact)
    local key = k.subscriber .. number
    local found = call('HMGET', key, SUBSCRIBER.status, SUBSCRIBER.marks, SUBSCRIBER.vouched,
                       SUBSCRIBER.address, SUBSCRIBER.language, SUBSCRIBER.topics)
    local status, marks, vouched = found[1], found[2] or '', tonumber(found[3] or '0')
    local known = {address = found[4], language = found[5], topics = found[6] or ''}
    if not status then return '' end
    local effect, units = 'none', score(marks)
    if fact.letter ~= '' then
      if o.ways[status] ~= 'suspended' or status == 'suspended' then
        effect = 'late'
      elseif (fact.sent > 0 and vouched > fact.sent) or fact.day <= o.since then
        effect = 'stale'
      else
        local kept, before = {}, units
        for day, letter in string.gmatch(marks .. ' ' .. fact.day .. fact.letter, '(%d+)(%a)') do
          if tonumber(day) > o.since then kept[#kept + 1] = day .. letter end
        end
        local more = table.concat(kept, ' ')
        units = score(more)
        effect = units >= o.limit and 'suspended' or units == before and 'repeated' or 'counted'
        if effect ~= 'repeated' then
          call('HSET', key, SUBSCRIBER.marks, more, SUBSCRIBER.bounced, fact.why)
          call('SETBIT', k.bits .. 'bounced', number, 1)
        end
      end
    end
    tell(fact.event, {EFFECT = effect, POINTS = string.format('%g', units / o.point)})
    if effect == 'suspended' then suspend(number, status, known, fact) end
    alert(fact.alert)
    return effect
  end
end
