"""Values as lines of a terminal.

Modules and packages, in the order in which data passes through:

    text: plain text: aligned columns, durations, warnings; everything escaped
    option_words: options of plugins in words
    descriptions: all facts about an installed thing or a cell, as JSON and as lines
    cells: cells as lines: state, stage, method, cost, reason
    splits: the counts of splits: texts cut, unknown words, examples of each class
    examples: the first examples of a split as the encoder gets them
    own_table: a benchmark file for a custom file
    progress: the live display of a run, or plain lines
    failures: failed cells by kind, and the command that runs them again
    leaderboard: a leaderboard on stdout or in a file
"""
