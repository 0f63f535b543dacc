"""The records of runs, read as values.

Modules and packages, in the order in which data passes through:

    collect: from a run folder to scores by method, column and meta seed
    recipe: which methods of two runs are the same one
    profile: how the execution environments of two results differ
    predictions: the saved predictions of a fine-tuning cell
    repeats: cells that were run twice: whether they agree, and whether they had to
    metric_choice: another metric than the primary one
    merge: several runs in one comparison
    score_lines: every score as one line, for CSV, Parquet and pandas
    history: meta-training by step: losses and tasks drawn
    tuning: fine-tuning by step: scalars added by observers
    run_status: the progress of a run, from its folder alone
"""
