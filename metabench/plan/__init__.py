"""The plan: which cells a benchmark file asks for, and what is done already."""
