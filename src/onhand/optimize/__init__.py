"""How do we search? Grids, golden sections and, later, everything that needs more."""
