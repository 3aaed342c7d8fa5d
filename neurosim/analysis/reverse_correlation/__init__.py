"""Receptive fields from spikes: averages, covariances, ridge, Gabor fits."""
