"""Time, memory and disk of cells, before they run.

Modules and packages, in the order in which data passes through:

    shapes: the shapes of a computation; import-light
    encoder: an encoder's shape from its configuration
    parts: an encoder's shape where only a part is trained
    lengths: lengths of a task's examples in tokens
    counts: the evaluations of a cell, in gradients of a batch
    probe: the speed of this machine, measured on layers of the real shape
    timing: the time of a cell, by the probe or by the speed of completed cells
    footprint: the memory of the engine, copy by copy
    process: the memory of a process before any cell
    memory: the memory of a cell
    capacity: the memory of a device: total and free
    disk: the disk space of a run
    estimates: time and memory of every cell of a plan
    refusal: a run refused because a cell does not fit into memory
"""
