"""One cell: how it is run and what it writes."""
