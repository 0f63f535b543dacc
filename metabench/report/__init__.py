"""A leaderboard as a report, and both as text: same results, same bytes.

Modules and packages, in the order in which data passes through:

    report: from run folders and their leaderboard to the report as a value
    facts: the provenance of the numbers, one line per fact
    sheets: the context of the scores: settings, methods, tasks
    figures: the figures of a report, from values to panels
    tables: a leaderboard as tables of strings
    template: pages from templates, escaped, with a strict content policy
    formats: the formats, one module each: a new renderer goes here
    site: a site for the results of many runs
"""
