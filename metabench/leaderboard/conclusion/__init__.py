"""The conclusion of a leaderboard, in words.

Modules and packages, in the order in which data passes through:

    wording: numbers, names and columns in sentences
    gaps: the gaps of a table: failed, missing, collapsed and saturated scores
    worth: how many more examples a baseline needs to score as the best method does
    sentences: the conclusion: the highest mean, differences, missing seeds, cost
"""
