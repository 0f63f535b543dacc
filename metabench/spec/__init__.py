"""The benchmark file: read, checked, expanded, written.

Modules and packages, in the order in which data passes through:

    reading: from a file on disk to a benchmark
    mistakes: the problems of a file, each with its line
    model: the benchmark file as values
    write: from a benchmark back to TOML, with every default
    schema: the JSON schema of a benchmark file
"""
