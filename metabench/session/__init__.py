"""The cells of a plan: run, replayed, estimated, exported.

Modules and packages, in the order in which data passes through:

    doctor: the checks of `metabench doctor`; never loads torch
    runtime: the execution environment of a run: folders, device, threads, limits
    estimate: time, memory and disk of cells before they run
    cell: one cell, from its inputs to its record
    runner: the cells of a plan, in one process or several
    replay: completed cells, run or scored again from their records
    export: models, submissions and records that leave a run folder
"""
