"""The cells of a plan, in one process or several.

Modules and packages, in the order in which data passes through:

    run: a run: the cells that are not done, one record each
    policy: which cells run, which are left, and when a run gives up
    record: from a plan to `run.json`
    queue: which cell is next: needs first, long cells before short ones
    scoring: a cell with other metrics, scored from saved predictions
    launch: cells in this process or in several, with the same records
    worker: a process that runs cells
    claim: the exclusive claim on a cell
    signals: signals that stop a run: gracefully, then at once
"""
