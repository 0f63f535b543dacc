"""A leaderboard as tables of strings, shared by the text formats.

Modules and packages, in the order in which data passes through:

    table: cells, signs and headers of a leaderboard's tables
    paper_layout: a run in the layout of a published table
    differences: every difference as a line
    legend: the meaning of the signs
    page: the tables with their sentences
"""
