"""The context of a leaderboard, as plain tables.

Modules and packages, in the order in which data passes through:

    settings: every setting and every option of a method, and whether it is a default
    tasks: examples of each split and class, metric and licence of every task
"""
