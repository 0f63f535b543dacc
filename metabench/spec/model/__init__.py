"""The benchmark file as values.

Modules and packages, in the order in which data passes through:

    values: the types of settings, with their ranges
    own_task: `[[tasks.define]]`: a custom task
    tasks: the `[tasks]` table: roles, and how much of a task is trained on
    pretraining: the `[pretrain]` table
    comparison: the `[compare]` table
    reported: a file of published numbers
    sections: all tables of a benchmark file
    benchmark: a benchmark: the checked file, with its names resolved
"""
