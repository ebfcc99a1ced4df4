-- Note that somebody follows these runs, where they are live.
for _, id in ipairs(given[1]) do
    local status = call('HGET', run_key(id), 'status')
    if status == 'queued' or status == 'running' then
        call('HSET', run_key(id), 'touched_at', now())
    end
end
return 1
