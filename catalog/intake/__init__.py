"""Files in: reading rows, mapping them, and keeping what an import did."""
