"""How responses vary: counts, intervals, ceilings."""
