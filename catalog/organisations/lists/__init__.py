"""Lists of schools and of head counts: read by a mapping, compared with what is stored, taken in when confirmed."""
