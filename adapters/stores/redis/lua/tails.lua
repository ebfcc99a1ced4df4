-- Each run's newest seq with its epoch, and its status.
local answers = {}
for number, id in ipairs(given[1]) do
    local run = call('HMGET', run_key(id), 'tail', 'tail_epoch', 'status')
    answers[number] = run[1] and {tonumber(run[1]), tonumber(run[2]), run[3]}
end
return answers
