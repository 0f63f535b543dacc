"""The figures of a report: each module turns values into panels that matplotlib draws.

Modules and packages, in the order in which data passes through:

    values: numbers as written in figures
    style: colours, and a method's marker and dashes
    canvas: panels in a grid, as SVG (in a page or a file), PDF and PNG
    curves: learning curves of meta-training
    mixes: the tasks that meta-training drew
    forest: differences to a baseline with confidence intervals
    fractions: score against the number of training examples
    costs: quality against cost
    plots: all figures of a report
"""
