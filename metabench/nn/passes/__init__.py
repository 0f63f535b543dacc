"""Gradients and Hessian-vector products by a custom backward."""
