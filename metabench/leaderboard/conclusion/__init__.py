"""The conclusion of a leaderboard, in words.

Modules and packages, in the order in which data passes through:

    wording: numbers, names and columns in sentences
    gaps: the gaps of a table: failed, missing, collapsed and saturated scores
    sentences: the conclusion: the highest mean, differences, missing seeds, cost
"""
