"""What providers over HTTP share: bounded connections, patience, and one way to say what failed."""
