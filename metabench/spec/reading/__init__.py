"""From a file on disk to a benchmark."""
