"""Codecs of messages between us and others. They know nothing of the rest of the house."""
