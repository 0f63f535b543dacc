"""The plan: the cells of a benchmark, and those that are done.

Modules and packages, in the order in which data passes through:

    drawn: few-shot training sets that come with the data of a task
    uses: the tasks of a benchmark as used: splits, available examples, content identities
    steps: from epochs and sizes to numbers of updates
    cell: a cell: the unit of work, its needs, and its inputs
    keys: the inputs of a cell's key
    names: readable, safe and stable names of cells
    maker: makes cells, each once for all methods that share it
    build: from a benchmark to its plan
    plan: all cells of a benchmark, and the methods that each is for
    notes: notes for readers: small, synthetic or control data
    selection: the requested part of a plan: `--only method=Reptile`
    states: the states of cells: done, stale, missing, failed
    difference: the difference of two keys, in words
"""
