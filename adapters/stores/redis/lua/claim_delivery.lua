-- Take the delivery that has been due for longest, of none of the owners that are passed over, for as long as a lease.
local lease, passed = given[1], {}
for _, owner in ipairs(given[2]) do
    passed[owner] = true
end
local CHUNK = 100

local at, offset = now(), 0
repeat
    local due = call('ZRANGE', P .. 'webhooks', '-inf', string.format('%.0f', at), 'BYSCORE', 'LIMIT', offset, CHUNK)
    for _, id in ipairs(due) do
        local owner = call('HGET', run_key(id), 'owner')
        if not passed[owner] then
            call('ZADD', P .. 'webhooks', string.format('%.0f', at + lease), id)
            return {id, owner, call('HINCRBY', run_key(id), 'webhook_tries', 1)}
        end
    end
    offset = offset + CHUNK
until #due < CHUNK
