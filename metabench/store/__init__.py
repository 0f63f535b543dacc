"""The files of a run folder, and how they are written.

Modules and packages, in the order in which data passes through:

    file_names: the names of the files of a run folder
    problems: an error of the disk, in words
    folder: opens, lists, renames and deletes below a run folder; follows no link
    atomic: the durable write: temporary file, fsync, rename, fsync of the folder
    identity: the identity of a process, which its number alone is not
    owned_files: a folder whose files a command writes again, and no others
    lock: a lock file with one holder, freed by the kernel
    processes: the processes that work on a run folder
    records: the records as models
    run_folder: the run folder: writes `run.json`, `cell.json`, `result.json` and `failure.json`
    stored_cell: one cell of a run folder, in any state; parses each record once
    checkpoint: the checkpoints of a cell: written, verified, two kept
    leftovers: files that dead processes left in a run folder
    verification: whether a run folder is intact: every record, every file that one names
    unproven: facts that no checksum covers
    record_copy: a copy of a run's records only
"""
