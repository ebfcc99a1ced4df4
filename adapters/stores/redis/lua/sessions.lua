-- Refresh families: `session:<id>` is a hash, `sessions` a zset of ids by expiry, `sessions:<user>` the set of a user's.
-- One that has ended is one that is not there.
local what = given[1]

local function forget(id)
    local user = call('HGET', P .. 'session:' .. id, 'user')
    if user then
        call('SREM', P .. 'sessions:' .. user, id)
    end
    call('ZREM', P .. 'sessions', id)
    call('DEL', P .. 'session:' .. id)
end

if what == 'start' then
    local id, user, token, expires_at, over = unpack(given, 2, 6)
    for _, old in ipairs(call('ZRANGE', P .. 'sessions', '-inf', '(' .. string.format('%.0f', over), 'BYSCORE', 'LIMIT', 0,
        100)) do
        forget(old)
    end
    call('HSET', P .. 'session:' .. id, 'user', user, 'token', token, 'expires_at', expires_at)
    call('ZADD', P .. 'sessions', expires_at, id)
    call('SADD', P .. 'sessions:' .. user, id)
    return 1
elseif what == 'rotate' then
    local id, token, following, at = unpack(given, 2, 5)
    local session = call('HMGET', P .. 'session:' .. id, 'user', 'token', 'expires_at')
    if not session[1] or tonumber(session[3]) <= at then
        return {'over'}
    elseif session[2] ~= token then
        forget(id)
        return {'used'}
    end
    call('HSET', P .. 'session:' .. id, 'token', following)
    return {'done', session[1], tonumber(session[3])}
end

local id, user = given[2], given[3]
if what == 'look' then
    return call('EXISTS', P .. 'session:' .. id)
end
if id then
    forget(id)
end
if user then
    for _, its in ipairs(call('SMEMBERS', P .. 'sessions:' .. user)) do
        forget(its)
    end
end
return 1
