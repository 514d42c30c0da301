"""Finding: what of a resource is searched, how a question is asked, and the pages that answer it."""
