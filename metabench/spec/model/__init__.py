"""The benchmark file as values."""
