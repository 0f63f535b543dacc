"""Scores from arrays of labels and outputs, and the built-in metrics.

Modules and packages, in the order in which data passes through:

    provider: the built-in metrics, registered through the same plugin API
    scores: the scores of GLUE: from labels and outputs to one number
    classes: averages over classes, and the scores of one of two classes
    distances: errors of a regression, in the unit of its targets
    compute: the scores of a task, each checked to be finite
    reference: the scores of the majority class and of chance
"""
