"""Vezne: a self-hosted card vault and payment gateway."""

__version__ = "0.1.0"
