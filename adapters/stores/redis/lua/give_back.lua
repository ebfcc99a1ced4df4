-- Queue again what was taken under these claims, and tell where there was something.
local claims, payloads = given[1], given[2]
local is_given = false
for _, claim in ipairs(claims) do
    local id = call('HGET', P .. 'claims', claim)
    if id then
        requeue(id)
        is_given = true
    end
end
if is_given then
    tell(payloads)
end
return 1
