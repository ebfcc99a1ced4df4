"""Measurements beside named peers: each prints ratios and writes its figures to results/."""
