"""Custom tasks: examples of files, folders and mirrors, each checked.

Modules and packages, in the order in which data passes through:

    values: one text, class or number of a record, checked
    rows: the examples of a file: texts and labels, and the problems of bad rows
    read: the examples of a file, by whole columns where it is regular, else one by one
    classes: which class a label means
    metrics: metrics of one class of two
    guess: which settings read a file, and which of its columns are text and label
    hold_out: a stratified evaluation split
    splits: the splits of a custom task: classes, examples, identity
"""
