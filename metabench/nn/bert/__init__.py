"""BERT, and encoders of its family, as functions of their parameters.

Modules and packages, in the order in which data passes through:

    encoder: from token ids to hidden states: embeddings and layers, on real tokens only
    family: RoBERTa, ELECTRA, DistilBERT, ALBERT and others: how they differ, and their names
    packing: padding left out of all arithmetic except attention
    masks: dropout masks, each with a generator of its own, so that it can be drawn again
    layer: one layer as a function of tensors, eager or compiled
    traced: the marker of functions that a compiler may trace
    layer_example: synthetic arguments of a layer for the compiler
    compiled: the compiled layer, one for each form
"""
