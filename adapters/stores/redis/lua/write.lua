-- Appends and releases in their order. An append fits where its epoch is the run's newest, the run is running and the tail is
-- where its writer thinks; it answers 1, else 0 and nothing of it is written. A release that does not fit does nothing.
local writes, payloads = given[1], given[2]

local function append(id, epoch, tail, status, success, records)
    local run = call('HMGET', run_key(id), 'status', 'epoch', 'tail', 'owner')
    if run[1] ~= 'running' or tonumber(run[2]) ~= epoch or tonumber(run[3]) ~= tail then
        return 0
    end
    local seq = tail
    for _, record in ipairs(records) do
        seq = seq + 1
        call('XADD', P .. 'log:' .. id, string.format('%.0f-0', seq), 'epoch', epoch, 'time', record[1], 'type',
            record[2], 'data', record[3])
    end
    call('HSET', run_key(id), 'tail', seq, 'tail_epoch', epoch)
    if status then
        local finished_at = records[#records][1]
        let_go(id, run[4])
        call('HSET', run_key(id), 'status', status, 'success', success, 'finished_at', finished_at)
        call('ZADD', P .. 'ended', finished_at, id)
        if call('HEXISTS', run_key(id), 'webhook') == 1 then
            call('ZADD', P .. 'webhooks', now(), id)
        end
    end
    return 1
end

local function release(id, epoch, worker)
    local run = call('HMGET', run_key(id), 'status', 'epoch', 'worker')
    if run[1] == 'running' and tonumber(run[2]) == epoch and run[3] == worker then
        requeue(id)
    end
    return 1
end

local answers = {}
for number, write in ipairs(writes) do
    if write[1] == 'append' then
        answers[number] = append(unpack(write, 2, 7))
    else
        answers[number] = release(unpack(write, 2, 4))
    end
end
tell(payloads)
return answers
