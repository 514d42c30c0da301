"""Imports on record for the administrator: what each did, and the way back."""
