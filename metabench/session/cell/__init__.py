"""One cell: its run, its files and its record.

Modules and packages, in the order in which data passes through:

    context: what the cells of a process share: encoders, tokenizers, encoded examples
    run: one cell, from its note to its result or its failure
    attempt: an attempt at a cell, and the record that it ends in
    staging: a completed cell that runs again, next to its result
    stages: the three kinds of work: pretrain, meta, fine-tune
    provided: a plugin's part of a cell's work, made
    adaptation: an adaptation in the place of fine-tuning
    loop: the work, step by step: metrics, checkpoints, progress, stopping
    journal: `log.txt` and `metrics.jsonl`
    watchdog: ends a cell that exceeds its time limit
    outcome: what a stage returns: numbers for the record, bytes for files
    predictions: predictions as a Parquet file
    rescoring: new scores from saved predictions, as a record
    provenance: the provenance of a cell's numbers
    checkout: the git checkout around the working folder
"""
