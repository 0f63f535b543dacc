"""Completed cells again: planned from their records, run, scored.

Modules and packages, in the order in which data passes through:

    replan: from a run folder back to its plan
    replay: a fine-tune cell run again, checked against its saved predictions
    reproduce: one result, computed again with all that it needs, compared with its record
    review: contributed records: their seals, settings and keys
    rescore: new scores from saved predictions, without training
"""
