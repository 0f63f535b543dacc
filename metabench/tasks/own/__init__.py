"""Custom tasks: examples from CSV, TSV, JSONL and Parquet files, each checked.

Modules and packages, in the order in which data passes through:

    formats: a file's format, from its suffix
    lines: the lines of a text file
    header: the columns of a file
    records: the records of a file, with their lines
    rows: examples: texts and labels, checked
    refusal: what is wrong with a file, with its line and a hint
    hold_out: a stratified evaluation split
    splits: the splits of a custom task: classes, examples, identity
"""
