"""What is left on paper: how figures look and are written. Stands on `base` alone."""
