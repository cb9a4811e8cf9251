"""Explainers that are not shipped: each shows that the contract holds what it promises, in an app of its own."""
