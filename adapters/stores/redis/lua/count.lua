-- How many runs are queued, and how many are running.
return {call('ZCARD', P .. 'queue'), call('ZCARD', P .. 'leases')}
