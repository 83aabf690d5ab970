-- Writes down that a mail of a template came back; the first such report counts.
-- keys: mail, tally, events
-- args: reason, counted, event_json
--   counted: under what it counts
-- answers: 1, or 0 if it is forgotten, or came back before
if redis.call('EXISTS', mail) == 0 or redis.call('HSETNX', mail, 'bounced', reason) == 0 then return 0 end
redis.call('HINCRBY', tally, counted, 1)
redis.call('XADD', events, '*', unpack(cjson.decode(event_json)))
return 1
