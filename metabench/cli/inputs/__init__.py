"""The command line as typed, and its parsed values.

Modules and packages, in the order in which data passes through:

    command_line: the command line as typed, for provenance and for reruns
    options: options that several commands share
    completing: names that a shell completes
    shells: what shells run to complete commands
    installed: the catalog as a command line selects it: with plugin files, without disabled plugins
    benchmark: the benchmark that a command line names, planned
    run_folder: from a run folder back to its plan, for cells that are fine-tuned again
    task_uses: from names of tasks and encoders to their values
    observing: observers requested by name
"""
