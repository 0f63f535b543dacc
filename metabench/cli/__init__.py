"""The command line: parse, call, show; the one place where an error becomes an exit code."""
