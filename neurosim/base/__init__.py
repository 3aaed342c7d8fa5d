"""What every room stands on: errors, units, files, progress, array types."""
