"""From a file on disk to a benchmark.

Modules and packages, in the order in which data passes through:

    shipped: where the benchmark files of the package are
    read: the file: size-limited, regular, TOML, overrides applied
    overrides: `--set key.path=value`
    smoke: `--smoke`: the same cells, each as small as possible
    roles: the tasks of a file, their splits and references, checked
    metrics: which metrics fit the labels of a custom task
    define: from `[[tasks.define]]` to task cards
    methods: the methods of a file, checked against the catalog
    expand: grids: one method a point
    published: files of published numbers
    resolve: from checked settings to methods, and back
    load: all of these; all mistakes in one error
"""
