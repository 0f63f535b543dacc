"""Confidence intervals, tests and power.

Modules and packages, in the order in which data passes through:

    summary: means, spreads and paired differences over seeds, with confidence intervals
    ranges: the studentized range, for the difference to the highest of several means
    significance: sign-flip p-values, Holm's correction, and how many pairs it needs
    power: the minimum detectable effect for a number of pairs
    comparison: a method compared with a baseline over a family of columns
    marks: the highest mean of a column, and the methods that are not significantly worse
    crossed: an interval over meta seeds and evaluation examples together
    design: variance over seeds, draws and examples in a pilot, and the width of a design
"""
