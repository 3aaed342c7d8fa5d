"""The cells that spike, and their published parameters."""
