"""Exports from a run folder: models, submissions, records.

Modules and packages, in the order in which data passes through:

    folder: the target folder of an export: replaced only where allowed, complete or absent
    classifier: a fine-tuned model as a transformers classifier
    predict_script: the script that an export carries where transformers has no such class
    model_card: the model card
    model: a fine-tuned model as a folder, tried before it gets its name
    glue: the cell behind each file of a GLUE submission
    glue_predict: predictions on GLUE's unlabelled test sets
    submission: the files of a submission and their archive
    records: the records of a run as a folder
"""
