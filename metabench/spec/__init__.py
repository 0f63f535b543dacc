"""The benchmark file: read, checked, expanded, written."""
