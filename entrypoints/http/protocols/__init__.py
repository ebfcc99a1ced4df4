"""The protocols that other clients speak: each is an encoder over the log, and none starts, owns or ends a run."""
