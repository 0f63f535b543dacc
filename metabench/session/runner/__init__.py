"""The cells of a plan, in one process or several.

Modules and packages, in the order in which data passes through:

    run: a run: the cells that are not done, one record each
    policy: the cells that run, those that do not, and when a run gives up
    record: from a plan to `run.json`
    queue: the order of cells: needs first, long cells before short ones
    scoring: a cell with other metrics, scored from saved predictions
    launching: the requested launcher, with its options
    wire: the messages between a coordinator and its agents
    parcels: files as messages, where agents do not see the run folder
    scratch: such an agent's folder for its cell
    returns: the coordinator's writing of such cells
    mailbox: agents that communicate through files of the run folder
    hardware: whether a process may compute cells of a run on one kind of hardware
    agent_state: a coordinator's state of an agent
    crew: a coordinator's agents
    turns: the next cell of a queue, and the meaning of its end for the queue
    launch: cells in this process or by agents, with the same records
    agent: a process that runs cells
    claim: the exclusive claim on a cell
    signals: signals that stop a run: gracefully, then at once
"""
