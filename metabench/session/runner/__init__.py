"""The cells of a plan, in one process or several.

Modules and packages, in the order in which data passes through:

    run: a run: the cells that are not done, one record each
    policy: which cells run, which are left, and when a run gives up
    record: from a plan to `run.json`
    queue: which cell is next: needs first, long cells before short ones
    scoring: a cell with other metrics, scored from saved predictions
    launching: the launcher that was asked for, with its options
    wire: what a coordinator and its agents say to each other
    mailbox: agents that are spoken to through files of the run folder
    agent_state: an agent, as its coordinator sees it
    crew: the agents, as their coordinator sees them
    launch: cells in this process or by agents, with the same records
    agent: a process that runs cells
    claim: the exclusive claim on a cell
    signals: signals that stop a run: gracefully, then at once
"""
