"""The responses data set, and what it is reduced to."""
