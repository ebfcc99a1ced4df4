-- Hold what a call may use at most. Answers with what is used and held that day where it does not fit.
local run_id, epoch, call_number, user, day, tokens, nanodollars, most_tokens, most_nanodollars = unpack(given, 1, 9)
local run = call('HMGET', run_key(run_id), 'status', 'epoch')
if run[1] ~= 'running' or tonumber(run[2]) ~= epoch then
    return {'fenced'}
end
local held = P .. 'held:' .. run_id
local name = string.format('%.0f:%.0f', epoch, call_number)
if call('HEXISTS', held, name) == 1 then
    return {'held'}
end
local spent = P .. 'spent:' .. day .. ':' .. user
local usage = call('HMGET', spent, 'tokens', 'nanodollars', 'held_tokens', 'held_nanodollars')
local function left(most, used, reserved)
    return most - tonumber(used or 0) - tonumber(reserved or 0)
end
if (most_tokens and tokens > left(most_tokens, usage[1], usage[3]))
    or (most_nanodollars and nanodollars > left(most_nanodollars, usage[2], usage[4])) then
    return {'over', usage}
end
call('HSET', held, name, cmsgpack.pack({user, day, string.format('%.0f', tokens), string.format('%.0f', nanodollars)}))
call('HINCRBY', spent, 'held_tokens', string.format('%.0f', tokens))
call('HINCRBY', spent, 'held_nanodollars', string.format('%.0f', nanodollars))
return {'held'}
