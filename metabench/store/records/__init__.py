"""The records of a run folder as models.

Modules and packages, in the order in which data passes through:

    values: the kinds of value in a record, with their patterns and ranges
    provenance: versions, machine, code, data, encoder, command
    splits: the examples in use: texts cut, unknown words, examples of each class
    cell: `cell.json`, `result.json` and `failure.json`
    run: `run.json`: the request of a run
    published: numbers reported elsewhere, in `run.json`
    seal: the version at the start of a record, the sha256 at its end
"""
