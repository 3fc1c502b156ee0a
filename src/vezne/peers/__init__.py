"""Servers of one database speak with each other: of what is in no database and on no disk.

Whoever wants figures of the other workers of its machine uses `vezne.peers.peers.Peers`:
`peers.report_with(topic, make)` says how this server answers, and `await peers.ask_group(topic)`
has the answers of the others that were there within a second.
"""
