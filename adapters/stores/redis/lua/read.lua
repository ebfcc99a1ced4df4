-- Pages of logs: of each the tail, the status and what is behind a seq, cut at a number of records or where it passes a size.
local SLICE = 50
local answers = {}
for number, page in ipairs(given[1]) do
    local id, after, records, size = page[1], page[2], page[3], page[4]
    local run = call('HMGET', run_key(id), 'tail', 'status')
    answers[number] = false
    if run[1] then
        local found, total, is_full = {}, 0, false
        while not is_full and #found < records do
            local from = string.format('%.0f-0', after + #found + 1)
            local slice = call('XRANGE', P .. 'log:' .. id, from, '+', 'COUNT', math.min(SLICE, records - #found))
            for _, entry in ipairs(slice) do
                local fields = entry[2]
                total = total + #fields[8]
                is_full = #found > 0 and size and total > size
                if is_full then
                    break
                end
                found[#found + 1] = {tonumber(fields[2]), tonumber(fields[4]), fields[6], fields[8]}
            end
            is_full = is_full or #slice < SLICE
        end
        answers[number] = {tonumber(run[1]), run[2], found}
    end
end
return answers
