"""What a cell is: a Gabor receptive field, a LIF membrane, and the rectifiers that describe it."""
