-- Give a worker the run whose turn it is, or one run where it may have it: its id, its epoch, whether its last lease ran out,
-- and its age in microseconds where that is known.
-- Where there is none: in how many microseconds the next lease of others runs out.
local worker, claim, lease, wanted, sender = unpack(given, 1, 5)
local LOST = 256
local SLICE = 256
local at = now()

-- The first leases of others that end until then, some at most, as {run, its owner, its order, its end}; a worker never takes
-- over from itself.
local function find_leases(until_then, some)
    local found, offset = {}, 0
    repeat
        local slice = call('ZRANGE', P .. 'leases', '-inf', until_then, 'BYSCORE', 'LIMIT', offset, SLICE, 'WITHSCORES')
        for number = 1, #slice, 2 do
            local run = call('HMGET', run_key(slice[number]), 'worker', 'owner', 'order')
            if run[1] ~= worker then
                found[#found + 1] = {slice[number], run[2], tonumber(run[3]), tonumber(slice[number + 1])}
                if #found == some then
                    return found
                end
            end
        end
        offset = offset + SLICE
    until #slice < 2 * SLICE
    return found
end

local function find_next()
    local id, best
    local first = call('ZRANGE', P .. 'turns', 0, 0, 'WITHSCORES')
    if first[1] then
        best = tonumber(first[2])
        id = call('ZRANGE', P .. 'queued:' .. first[1], 0, 0)[1]
    end
    for _, lost in ipairs(find_leases(at, LOST)) do
        local its = turn(count_running(lost[2]) - 1, lost[3])
        if not best or its < best then
            id, best = lost[1], its
        end
    end
    return id
end

local function find_wanted()
    local run = call('HMGET', run_key(wanted), 'status', 'worker', 'lease_until')
    local is_lost = run[1] == 'running' and run[2] ~= worker and tonumber(run[3]) <= at
    return (run[1] == 'queued' or is_lost) and wanted
end

local id
if wanted then
    id = find_wanted()
else
    id = find_next()
end
if not id then
    local following = find_leases('+inf', 1)[1]
    return {false, following and math.max(0, following[4] - at) or false}
end
local run = call('HMGET', run_key(id), 'status', 'owner', 'epoch', 'born_at')
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
return {id, epoch, is_takeover and 1 or 0, run[4] and at - tonumber(run[4]) or false}
