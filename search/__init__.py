"""A search engine behind one port: it knows words, filters and numbers, and nothing of schools."""
