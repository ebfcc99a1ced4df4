-- A run and the content that it is pinned to.
local id = given[1]
local shown = show(id)
return shown and {shown, call('HGET', P .. 'contents', call('HGET', run_key(id), 'hash'))}
