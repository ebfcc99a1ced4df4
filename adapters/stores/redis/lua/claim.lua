-- Give a worker the run whose turn it is, or one run where it may have it: its id, its epoch and whether its last lease ran out.
-- Where there is none: in how many microseconds the next lease of others runs out.
local worker, claim, lease, wanted, sender = unpack(given, 1, 5)
local EXPIRED = 256
local at = now()

local function is_lost(id)
    local run = call('HMGET', run_key(id), 'worker', 'lease_until')
    return run[1] and run[1] ~= worker and tonumber(run[2]) <= at
end

local function find_next()
    local id, best
    local first = call('ZRANGE', P .. 'turns', 0, 0, 'WITHSCORES')
    if first[1] then
        best = tonumber(first[2])
        id = call('ZRANGE', P .. 'queued:' .. first[1], 0, 0)[1]
    end
    for _, other in ipairs(call('ZRANGE', P .. 'leases', '-inf', at, 'BYSCORE', 'LIMIT', 0, EXPIRED)) do
        if is_lost(other) then
            local run = call('HMGET', run_key(other), 'owner', 'order')
            local its = turn(count_running(run[1]) - 1, tonumber(run[2]))
            if not best or its < best then
                id, best = other, its
            end
        end
    end
    return id
end

local function find_wanted()
    if call('HGET', run_key(wanted), 'status') == 'queued' or is_lost(wanted) then
        return wanted
    end
end

local function foresee()
    local held = call('ZRANGE', P .. 'leases', 0, EXPIRED - 1, 'WITHSCORES')
    for number = 1, #held, 2 do
        if call('HGET', run_key(held[number]), 'worker') ~= worker then
            return math.max(0, tonumber(held[number + 1]) - at)
        end
    end
    -- More than these are its own; by then they are renewed, and those behind them are to be seen.
    return #held == 2 * EXPIRED and math.max(0, tonumber(held[#held]) - at)
end

local id
if wanted then
    id = find_wanted()
else
    id = find_next()
end
if not id then
    return {false, foresee() or false}
end
local run = call('HMGET', run_key(id), 'status', 'owner', 'epoch')
local epoch = math.max(tonumber(run[3]) + 1, base)
local is_takeover = run[1] == 'running'
if is_takeover then
    let_go(id, run[2])
    tell({sender .. ' s' .. id})
else
    dequeue(id, run[2])
end
call('HSET', run_key(id), 'epoch', epoch)
hold(id, run[2], worker, claim, at + lease)
return {id, epoch, is_takeover and 1 or 0}
