"""The problems of a benchmark file, each with its line.

Modules and packages, in the order in which data passes through:

    syntax: invalid TOML in plain words
    raw: tables and arrays of a file that may be invalid
    locate: the line of every key path
    document: the data of a file as read, and the line of each key
    places: the keys that a place of a model has
    wording: pydantic's messages in plain words
    problems: from pydantic's errors to located problems
    naming: names looked up in the catalog: found, a problem of the file, or a plugin's fault
"""
