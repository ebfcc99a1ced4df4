-- What every script begins with. Keys carry one hash tag, so that a cluster keeps them in one slot and a script may use
-- them all. `given` is what the caller packed; the answer goes back with the era, see `meet`.
--
--   history          hash: id, server, base (see meet)       order            counter: runs in the order of creation
--   run:<id>         hash: the run                            log:<id>         stream: its records, <seq>-0
--   runs             zset by order: all runs                  owned:<owner>    zset by order: an owner's runs
--   queue            zset by order: queued runs               queued:<owner>   the same, of an owner
--   turns            zset by turn: owners with queued runs    running          hash: owner -> running runs
--   leases           zset by end of lease: running runs       claims           hash: claim -> run
--   ended            zset by end: ended runs                  keys:<owner>     hash: idempotency key -> run
--   webhooks         zset by when it is due: ended runs that owe a delivery
--   contents, uses   hashes by content's hash: prompt sets that runs are pinned to, and by how many

local P = '{galley}:'
local call = redis.call
local given = cmsgpack.unpack(ARGV[2])
local base

-- Return the era: which server this is, and which data it began with. It changes whenever a server starts, takes over, or
-- loses everything; what was written last may then be gone. Epochs begin anew above all that were given out before, so
-- that no cursor of what is gone fits what is written now. `known` is the era that the caller knows of, '' for none.
local function meet(known)
    local server = string.match(call('INFO', 'server'), 'run_id:(%x+)')
    local history = call('HMGET', P .. 'history', 'id', 'server', 'base')
    local id = history[1]
    base = tonumber(history[3] or 0)
    local is_known = known == '' or string.sub(known, 1, #(id or '')) == id
    if id and history[2] == server and is_known then
        return id .. server
    end
    if id or known ~= '' then
        -- Seconds since 2025: they go on whatever was lost, and stay below the 9 digits of a cursor's epoch until 2056.
        base = math.max(base + 1, tonumber(call('TIME')[1]) - 1735689600)
    end
    if not id then
        id = string.sub(redis.sha1hex(server .. table.concat(call('TIME'), ':')), 1, 16)
    end
    call('HSET', P .. 'history', 'id', id, 'server', server, 'base', base)
    return id .. server
end

local function run_key(id)
    return P .. 'run:' .. id
end

local function tell(payloads)
    for _, payload in ipairs(payloads) do
        call('PUBLISH', P .. 'bell', payload)
    end
end

-- A turn sorts by running runs of the owner, then by order: 2^40 runs of up to 8191 running at once are exact in a double.
local function turn(running, order)
    return math.min(running, 8191) * 2 ^ 40 + order
end

local function count_running(owner)
    return tonumber(call('HGET', P .. 'running', owner) or 0)
end

local function place(owner)
    local first = call('ZRANGE', P .. 'queued:' .. owner, 0, 0, 'WITHSCORES')
    if first[1] then
        call('ZADD', P .. 'turns', string.format('%.0f', turn(count_running(owner), tonumber(first[2]))), owner)
    else
        call('ZREM', P .. 'turns', owner)
    end
end

local function enqueue(id, owner, order)
    call('ZADD', P .. 'queue', order, id)
    call('ZADD', P .. 'queued:' .. owner, order, id)
    place(owner)
end

local function dequeue(id, owner)
    call('ZREM', P .. 'queue', id)
    call('ZREM', P .. 'queued:' .. owner, id)
    place(owner)
end

-- Give a run to a worker: `hold` after `dequeue` or `let_go`.
local function hold(id, owner, worker, claim, lease_until)
    call('HSET', run_key(id), 'status', 'running', 'worker', worker, 'claim', claim, 'lease_until', lease_until)
    call('HSET', P .. 'claims', claim, id)
    call('ZADD', P .. 'leases', lease_until, id)
    call('HINCRBY', P .. 'running', owner, 1)
    place(owner)
end

-- Take a run from its worker.
local function let_go(id, owner)
    call('HDEL', P .. 'claims', call('HGET', run_key(id), 'claim'))
    call('HDEL', run_key(id), 'worker', 'claim', 'lease_until')
    call('ZREM', P .. 'leases', id)
    if call('HINCRBY', P .. 'running', owner, -1) <= 0 then
        call('HDEL', P .. 'running', owner)
    end
    place(owner)
end

local function requeue(id)
    local run = call('HMGET', run_key(id), 'owner', 'order')
    let_go(id, run[1])
    call('HSET', run_key(id), 'status', 'queued')
    enqueue(id, run[1], run[2])
end

-- What a store shows of a run, in the order that the caller expects.
local function show(id)
    local run = call('HMGET', run_key(id), 'owner', 'order', 'status', 'success', 'cancel_requested', 'epoch', 'tail',
        'created_at', 'finished_at', 'spec')
    return run[1] and {id, unpack(run)}
end
