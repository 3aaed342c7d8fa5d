"""Spikes: cells driven by what their receptive fields say."""
