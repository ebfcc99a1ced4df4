-- Go through runs, newest first, and return those that fit, with the order to go on below; none where that was all.
-- It looks at no more than `budget` runs, so that a search through a long history holds nobody up.
local owner, statuses, prompt, text, below, limit, budget = unpack(given, 1, 7)
local CHUNK = 100

local wanted
if #statuses > 0 then
    wanted = {}
    for _, status in ipairs(statuses) do
        wanted[status] = true
    end
end

local function fits(id)
    local run = call('HMGET', run_key(id), 'status', 'prompt')
    if not run[1] or (wanted and not wanted[run[1]]) or (prompt and run[2] ~= prompt) then
        return false
    end
    return not text or string.find(call('HGET', run_key(id), 'search'), text, 1, true) ~= nil
end

local index = owner and P .. 'owned:' .. owner or P .. 'runs'
local found = {}
while budget > 0 do
    local from = below and '(' .. string.format('%.0f', below) or '+inf'
    local chunk = call('ZRANGE', index, from, '-inf', 'BYSCORE', 'REV', 'LIMIT', 0, CHUNK, 'WITHSCORES')
    for at = 1, #chunk, 2 do
        below = tonumber(chunk[at + 1])
        if fits(chunk[at]) then
            found[#found + 1] = show(chunk[at])
            if #found == limit then
                return {found, below}
            end
        end
    end
    if #chunk < 2 * CHUNK then
        return {found, false}
    end
    budget = budget - CHUNK
end
return {found, below}
