"""Faults on request: what a bad server or a bad moment does to an API's answers.

Faults are added, listed and cleared over `/_control/faults` and live beside the world: they change
what is sent, never the data or the truth.
"""
