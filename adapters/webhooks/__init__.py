"""Ways out to webhooks."""
