-- How far a run's delivery is: status, tries, failure; the first is missing where it has none.
return call('HMGET', run_key(given[1]), 'webhook', 'webhook_tries', 'webhook_failure')
