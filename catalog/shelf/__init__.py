"""The reader's pages: the search page, a resource, what a reader chose once, accessibility and privacy."""
