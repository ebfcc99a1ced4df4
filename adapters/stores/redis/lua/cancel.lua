-- Flag a live run to be cancelled; return its status.
local id, payloads = given[1], given[2]
local status = call('HGET', run_key(id), 'status')
if status == 'queued' or status == 'running' then
    call('HSET', run_key(id), 'cancel_requested', 1)
    tell(payloads)
end
return status
