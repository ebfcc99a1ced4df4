-- Turn what a run has reserved, up to this call of this epoch, into what was spent: the last one into what is given, if it is.
local run_id, epoch, call_number, tokens, nanodollars = unpack(given, 1, 5)
local held = P .. 'held:' .. run_id
local done = {}
local names = call('HKEYS', held)
for _, name in ipairs(names) do
    local its_epoch, its_call = string.match(name, '^(%d+):(%d+)$')
    its_epoch, its_call = tonumber(its_epoch), tonumber(its_call)
    if its_epoch < epoch or (its_epoch == epoch and its_call <= call_number) then
        done[#done + 1] = {its_epoch, its_call, name}
    end
end
table.sort(done, function(one, other)
    return one[1] < other[1] or (one[1] == other[1] and one[2] < other[2])
end)
for number, entry in ipairs(done) do
    local user, day, most_tokens, most_nanodollars = unpack(cmsgpack.unpack(call('HGET', held, entry[3])))
    local spent = P .. 'spent:' .. day .. ':' .. user
    local is_last = number == #done and tokens
    call('HINCRBY', spent, 'tokens', is_last and string.format('%.0f', tokens) or most_tokens)
    call('HINCRBY', spent, 'nanodollars', is_last and string.format('%.0f', nanodollars) or most_nanodollars)
    call('HINCRBY', spent, 'held_tokens', string.format('%.0f', 0 - most_tokens))
    call('HINCRBY', spent, 'held_nanodollars', string.format('%.0f', 0 - most_nanodollars))
    call('HDEL', held, entry[3])
end
return #done
