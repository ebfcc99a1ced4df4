"""The commands of `galley`, a module each; they are imported when they are called."""
