"""The training loops: they yield values and never print.

Modules and packages, in the order in which data passes through:

    device: the device and the precision of a cell
    parameters: parameters as safetensors with a sha256
    pretrain: stage 1: masked-language-model training of the encoder
    boundary: the calls of a plugin's code: exceptions attributed, return values checked
    meta: stage 2: meta-training for any algorithm and any sampler
    outer: the outer optimizer on meta-parameter groups
    exactness: Hessian-vector products compared with double backward on a few examples
    adaptation: stage 3 by a plugin's adaptation, in the place of fine-tuning
    finetune: stage 3: fine-tuning on the flat vector
    evaluate: outputs of a fine-tuned model on the evaluation set
    prototypes: a head made of class means, where fine-tuning begins with one
    step: what a loop yields at each step, checked to be finite
    snapshot: the state that a loop resumes from
    memory: out-of-memory errors recognized, and memory released
"""
