"""Tuning: orientation, frequency, contrast, modulation by phase."""
