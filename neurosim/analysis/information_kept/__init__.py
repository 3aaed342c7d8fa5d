"""What a rectifier keeps of its input."""
