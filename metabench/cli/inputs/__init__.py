"""What is typed on a command line, and what it means."""
