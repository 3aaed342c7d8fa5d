"""Rectifiers fitted to responses: maxima, intervals, goodness of fit."""
