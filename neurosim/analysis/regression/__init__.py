"""A projection and a rectifier fitted together, for scikit-learn."""
