"""What content is."""
