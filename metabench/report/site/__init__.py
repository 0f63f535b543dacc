"""A site for the results of many runs: static pages, no server.

Modules and packages, in the order in which data passes through:

    benchmarks: the benchmarks of a site as values, and the names of their pages
    data_table: a table as data, which the page's script shows, filters and sorts
    tables: the tables of a site
    pages: the pages, by file name
"""
