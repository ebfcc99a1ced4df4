-- Remove ended runs, whole ones only: one by its id, or some of those that ended before a time.
local wanted, before, limit = unpack(given, 1, 3)

local function remove(id)
    local run = call('HMGET', run_key(id), 'owner', 'hash', 'key')
    local owner, hash, key = run[1], run[2], run[3]
    call('ZREM', P .. 'ended', id)
    call('ZREM', P .. 'webhooks', id)
    call('ZREM', P .. 'runs', id)
    call('ZREM', P .. 'owned:' .. owner, id)
    if key then
        call('HDEL', P .. 'keys:' .. owner, key)
    end
    if call('HINCRBY', P .. 'uses', hash, -1) <= 0 then
        call('HDEL', P .. 'uses', hash)
        call('HDEL', P .. 'contents', hash)
    end
    -- Its memory is freed by a thread of the server.
    call('UNLINK', run_key(id), P .. 'log:' .. id)
end

if wanted then
    local status = call('HGET', run_key(wanted), 'status')
    if not status then
        return 'none'
    elseif status == 'queued' or status == 'running' then
        return 'live'
    end
    remove(wanted)
    return 'gone'
end
local old = call('ZRANGE', P .. 'ended', '-inf', '(' .. string.format('%.0f', before), 'BYSCORE', 'LIMIT', 0, limit)
for _, id in ipairs(old) do
    remove(id)
end
return #old
