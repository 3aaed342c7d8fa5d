"""What every room stands on: errors, units, files, progress, processors, array types."""
