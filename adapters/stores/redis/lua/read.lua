-- Pages of logs: of each the tail, the status and what is behind a seq, cut at a number of records or where it passes a size.
-- The records come as their heads packed together and their data one behind the other: the driver reads reply by reply in
-- Python, and four replies a record took most of a follower's time.
local SLICE = 50
local answers = {}
for number, page in ipairs(given[1]) do
    local id, after, records, size = page[1], page[2], page[3], page[4]
    local run = call('HMGET', run_key(id), 'tail', 'status')
    answers[number] = false
    if run[1] then
        local heads, datas, total, is_full = {}, {}, 0, false
        while not is_full and #heads < records do
            local from = string.format('%.0f-0', after + #heads + 1)
            local slice = call('XRANGE', P .. 'log:' .. id, from, '+', 'COUNT', math.min(SLICE, records - #heads))
            for _, entry in ipairs(slice) do
                local fields = entry[2]
                total = total + #fields[8]
                is_full = #heads > 0 and size and total > size
                if is_full then
                    break
                end
                heads[#heads + 1] = {tonumber(fields[2]), tonumber(fields[4]), fields[6], #fields[8]}
                datas[#datas + 1] = fields[8]
            end
            is_full = is_full or #slice < SLICE
        end
        answers[number] = {tonumber(run[1]), run[2], cmsgpack.pack(heads), table.concat(datas)}
    end
end
return answers
