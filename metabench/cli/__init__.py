"""The command line: the only place where an error becomes an exit code.

Modules and packages, in the order in which data passes through:

    main: the entry point, and errors as text and exit codes
    surroundings: closed or full streams, unreadable files, exhausted memory
    group: command groups that import a command when it is called
    examples: three examples for the help of each command
    help: help pages with groups of options and examples
    commands: the commands, one module each
    inputs: the command line, parsed
    detaching: a run that continues without this terminal
    running: one benchmark file of a command: planned, run, judged
    views: values as lines of a terminal
"""
