-- Note what came of a try, unless another one was counted since. With `retry` it is due again that much later.
local id, tries, status, failure, retry = unpack(given, 1, 5)

local run = call('HMGET', run_key(id), 'webhook', 'webhook_tries')
if run[1] ~= 'pending' or tonumber(run[2]) ~= tries then
    return
end
call('HSET', run_key(id), 'webhook', status)
if failure then
    call('HSET', run_key(id), 'webhook_failure', failure)
else
    call('HDEL', run_key(id), 'webhook_failure')
end
if status == 'pending' then
    call('ZADD', P .. 'webhooks', string.format('%.0f', now() + retry), id)
else
    call('ZREM', P .. 'webhooks', id)
end
