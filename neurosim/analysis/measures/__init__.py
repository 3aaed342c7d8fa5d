"""Measures of cells: value, interval, status and definition."""
