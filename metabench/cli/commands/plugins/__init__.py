"""The commands about plugins: what is installed, whether it conforms, and a new package.

Modules and packages, in the order in which data passes through:

    group: `metabench plugins`: installed plugins and their load status
    check: `metabench plugins check`: the conformance kit on one plugin
    new: `metabench plugins new`: a new plugin package
"""
