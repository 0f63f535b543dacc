"""Gradients and Hessian-vector products by a custom backward.

Modules and packages, in the order in which data passes through:

    softmax: the derivatives of softmax
    mask_parts: the dropout masks of part of a batch
    gelu: GELU and its approximation
    operations: the operations of a transformer layer, each with its four passes
    attention: attention in the four passes
    layer: a layer of BERT in the four passes
    model: the loss of a BERT with a head in the four passes
    batch: gradients and HVPs of a batch, a few examples at a time
    open_passes: support gradients kept for the HVPs of the same episode
"""
