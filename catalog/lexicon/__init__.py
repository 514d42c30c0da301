"""What words mean to a search: their forms, parts, spellings and order; pure, no engine and no database.

Import from the modules: ``fold``, ``spellings``, ``stems``, ``compounds``, ``synonyms``, ``terms``, ``retries``,
``collation``, ``phrases`` and ``recognise``. Their words are data files of our own in ``data/``.
"""
