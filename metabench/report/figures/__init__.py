"""The figures of a report: each module turns values into panels, and knows no format.

Modules and packages, in the order in which data passes through:

    values: numbers as written in figures
    frame: the frame of a plot: title, grid, ticks, axes
    curves: learning curves of meta-training
    mixes: the tasks that meta-training drew
    forest: differences to a baseline with confidence intervals
    fractions: score against the number of training examples
    costs: quality against cost
    plots: all figures of a report, and as files
"""
