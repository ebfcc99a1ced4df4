-- What a user has used and reserved on a day.
return call('HMGET', P .. 'spent:' .. given[2] .. ':' .. given[1], 'tokens', 'nanodollars', 'held_tokens',
    'held_nanodollars')
