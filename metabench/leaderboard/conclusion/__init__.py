"""What a leaderboard says, in words.

Modules and packages, in the order in which data passes through:

    wording: the rules of wording: numbers, names and columns as a sentence has them
    gaps: what a table does not hold: failed, missing, collapsed and saturated scores
    sentences: the conclusion: the highest mean, differences, seeds that are lacking, cost
"""
