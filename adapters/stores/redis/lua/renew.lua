-- Tell of each lease that is held whether a cancel is asked for and for how long nobody followed; extend it by `lease` if given.
local asked, lease = given[1], given[2]
local at = now()
local answers = {}
for number, wanted in ipairs(asked) do
    local id, epoch, worker = wanted[1], wanted[2], wanted[3]
    local run = call('HMGET', run_key(id), 'status', 'epoch', 'worker', 'cancel_requested', 'touched_at')
    answers[number] = false
    if run[1] == 'running' and tonumber(run[2]) == epoch and run[3] == worker then
        if lease then
            call('HSET', run_key(id), 'lease_until', at + lease)
            call('ZADD', P .. 'leases', at + lease, id)
        end
        answers[number] = {tonumber(run[4]), at - tonumber(run[5])}
    end
end
return answers
