-- Create a run with its first record and queue it, unless it is known or there are too many.
local id, owner, key, fingerprint, hash, content, prompt, search, spec, time, kind, data, queue_limit, live_limit,
    has_webhook, payloads = unpack(given, 1, 16)

local known = {}
local function look(other)
    local found = other and call('HMGET', run_key(other), 'owner', 'fingerprint')
    if found and found[1] then
        known[#known + 1] = {found[1], found[2], show(other)}
    end
end
look(id)
if key then
    local other = call('HGET', P .. 'keys:' .. owner, key)
    if other ~= id then
        look(other)
    end
end
if known[1] then
    return {'known', known}
end
if live_limit and call('ZCARD', P .. 'queued:' .. owner) + count_running(owner) >= live_limit then
    return {'live'}
end
if queue_limit and call('ZCARD', P .. 'queue') >= queue_limit then
    return {'full'}
end

local at = now()
local order = call('INCR', P .. 'order')
call('HSET', run_key(id), 'owner', owner, 'order', order, 'status', 'queued', 'cancel_requested', 0, 'epoch', 0,
    'tail', 1, 'tail_epoch', 0, 'created_at', time, 'born_at', at, 'touched_at', at, 'spec', spec, 'hash', hash, 'prompt', prompt,
    'fingerprint', fingerprint, 'search', search)
if has_webhook then
    call('HSET', run_key(id), 'webhook', 'pending', 'webhook_tries', 0)
end
if key then
    call('HSET', run_key(id), 'key', key)
    call('HSET', P .. 'keys:' .. owner, key, id)
end
call('XADD', P .. 'log:' .. id, '1-0', 'epoch', 0, 'time', time, 'type', kind, 'data', data)
call('HSETNX', P .. 'contents', hash, content)
call('HINCRBY', P .. 'uses', hash, 1)
call('ZADD', P .. 'runs', order, id)
call('ZADD', P .. 'owned:' .. owner, order, id)
enqueue(id, owner, order)
tell(payloads)
return {'made'}
