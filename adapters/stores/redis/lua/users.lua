-- Users. `users` is a hash of id -> user, `user_names` one of folded name -> id, and `folded_names` the way back.
local what, id = given[1], given[2]

if what == 'find' then
    id = call('HGET', P .. 'user_names', id)
    return id and call('HGET', P .. 'users', id)
elseif what == 'get' then
    return call('HGET', P .. 'users', id)
elseif what == 'list' then
    return call('HVALS', P .. 'users')
end

local folded_name, user = given[3], given[4]
local is_there = call('HEXISTS', P .. 'users', id) == 1
if what == 'add' and is_there then
    return 'id'
elseif what == 'save' and not is_there then
    return 'none'
end
local other = call('HGET', P .. 'user_names', folded_name)
if other and other ~= id then
    return 'name'
end
call('HSET', P .. 'users', id, user)
if is_there then
    call('HDEL', P .. 'user_names', call('HGET', P .. 'folded_names', id))
end
call('HSET', P .. 'user_names', folded_name, id)
call('HSET', P .. 'folded_names', id, folded_name)
return 'done'
