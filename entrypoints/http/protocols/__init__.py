"""Other people's protocols: each is an encoder over a run's log, and none of them owns a run."""
