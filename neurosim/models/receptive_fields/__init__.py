"""Gabor functions in quadrature: banks of them and their drive."""
