"""The exports: models, submissions and records for other programs.

Modules and packages, in the order in which data passes through:

    group: `metabench export`: the group of the exports
    model: `metabench export model`: a fine-tuned model for transformers
    glue: `metabench export glue`: a submission to GLUE
    records: `metabench export records`: the records of a run without its checkpoints
"""
