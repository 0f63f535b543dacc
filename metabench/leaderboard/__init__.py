"""From the results of runs to a leaderboard.

Modules and packages, in the order in which data passes through:

    columns: the columns of a leaderboard and of its average
    statistics: confidence intervals, tests and power
    families: the comparisons that are corrected together (Holm), and the seeds they need
    differences: every method compared with every baseline, family by family
    costs: the cost of a method: time, evaluations, memory of one meta seed
    budgets: whether the methods have equal budgets of meta-training
    origins: whether the methods were computed in one execution environment
    published: numbers reported elsewhere, as methods that are never tested
    reference: the majority class and chance, and the scores that are not above them
    equivalent: the training examples that a baseline needs to reach a method's score
    captions: the sentences under a leaderboard
    conclusion: the conclusion of a leaderboard, in sentences
    failures: differences with failed runs counted as the majority class
    explanation: the statistics in words, as a paragraph for a paper
    signature: every setting of a leaderboard in one line
    build: the leaderboard of all of these
    crossed: differences with an interval over meta seeds, draws and evaluation examples
    design: the seeds and draws that a pilot advises, for a budget or a difference
    gates: expressions over a leaderboard that make `compare` exit with 6
"""
