-- Versions of prompt sets. `prompt_names` is a set; `prompt:<name>:<version>` is a hash; `versions:<name>` counts them and
-- `labels:<name>` is a hash of label -> version.
local what, name = given[1], given[2]

local function find(of, version)
    local found = call('HMGET', P .. 'prompt:' .. of .. ':' .. version, 'hash', 'content', 'source', 'author',
        'published_at')
    if not found[1] then
        return false
    end
    local labels = {}
    local all = call('HGETALL', P .. 'labels:' .. of)
    for at = 1, #all, 2 do
        if all[at + 1] == version then
            labels[#labels + 1] = all[at]
        end
    end
    table.sort(labels)
    return {of, tonumber(version), labels, unpack(found)}
end

local function newest(of)
    local version = call('GET', P .. 'versions:' .. of)
    return version and find(of, version)
end

if what == 'newest' then
    return newest(name)
elseif what == 'version' then
    return find(name, string.format('%.0f', given[3]))
elseif what == 'labelled' then
    local version = call('HGET', P .. 'labels:' .. name, given[3])
    return version and find(name, version)
elseif what == 'list' then
    local found = {}
    for _, of in ipairs(call('SMEMBERS', P .. 'prompt_names')) do
        found[#found + 1] = newest(of)
    end
    return found
elseif what == 'label' then
    local version = string.format('%.0f', given[4])
    if call('EXISTS', P .. 'prompt:' .. name .. ':' .. version) == 0 then
        return 0
    end
    call('HSET', P .. 'labels:' .. name, given[3], version)
    return 1
end

local hash, content, source, author, published_at = unpack(given, 3, 7)
local last = newest(name)
if last and last[4] == hash then
    return last
end
local version = string.format('%.0f', (last and last[2] or 0) + 1)
call('HSET', P .. 'prompt:' .. name .. ':' .. version, 'hash', hash, 'content', content, 'source', source, 'author',
    author, 'published_at', published_at)
call('SET', P .. 'versions:' .. name, version)
call('SADD', P .. 'prompt_names', name)
return newest(name)
